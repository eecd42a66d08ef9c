library ieee;
use ieee.std_logic_1164.all;

-- Counts up.
entity counter is
  port (
    clk   : in std_logic;
    count : out integer
  );
end entity counter;

architecture rtl of counter is
  signal value : integer := 0;

  function twice(x : integer) return integer is
  begin
    return 2 * x;
  end function twice;
begin
  process (clk)
  begin
    value <= value + 1;
  end process;
end architecture rtl;
