with Ada.Text_IO;

package body Shapes is

   Limit : constant Integer := 10;

   type Circle is record
      Radius : Float;
   end record;

   --  Computes the area.
   function Area (C : Circle) return Float is
   begin
      return 3.14 * C.Radius ** 2;
   end Area;

   procedure Show (C : Circle) is
   begin
      Ada.Text_IO.Put_Line ("circle");
   end Show;

end Shapes;
