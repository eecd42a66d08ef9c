const std = @import("std");

const limit = 10;

/// A growing list.
pub const List = struct {
    items: []u8,

    /// Adds one byte.
    pub fn push(self: *List, byte: u8) !void {
        self.items[0] = byte;
    }
};

const Color = enum { red, green };

pub fn main() !void {
    std.debug.print("hello\n", .{});
}

test "push works" {
    try std.testing.expect(true);
}
