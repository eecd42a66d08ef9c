unit Shapes;

interface

type
  TCircle = class(TObject)
  private
    FRadius: Double;
  public
    constructor Create(ARadius: Double);
    function Area: Double;
  end;

function Twice(X: Integer): Integer;

implementation

constructor TCircle.Create(ARadius: Double);
begin
  FRadius := ARadius;
end;

{ The area in square metres. }
function TCircle.Area: Double;
begin
  Result := Pi * FRadius * FRadius;
end;

function Twice(X: Integer): Integer;
begin
  Result := X * 2;
end;

end.
