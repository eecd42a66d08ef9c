{ pkgs ? import <nixpkgs> { } }:

let
  # Builds a greeting.
  greet = name:
    "hello ${name}";

  version = "1.0";
in
{
  shell = pkgs.mkShell {
    buildInputs = [ pkgs.git ];
  };
}
