local M = {}

local LIMIT = 10

--- Adds two numbers.
-- @param a first
local function add(a, b)
  return a + b
end

function M.twice(x)
  return add(x, x)
end

function M:grow(n)
  self.size = self.size + n
end

M.shrink = function(self, n)
  self.size = self.size - n
end

return M
