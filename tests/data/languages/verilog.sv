`timescale 1ns/1ps

// Counts up.
module counter #(parameter WIDTH = 8) (
  input  logic clk,
  output logic [WIDTH-1:0] count
);
  always_ff @(posedge clk) begin
    count <= count + 1;
  end

  function automatic int twice(int x);
    return 2 * x;
  endfunction
endmodule

package types;
  typedef enum { RED, GREEN } color_t;
endpackage

class Driver;
  task run();
    $display("run");
  endtask
endclass
