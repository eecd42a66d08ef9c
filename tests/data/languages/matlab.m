classdef Counter < handle
    % Counts things.

    properties
        Value = 0
    end

    methods
        function obj = Counter(start)
            obj.Value = start;
        end

        % Adds n.
        function add(obj, n)
            obj.Value = obj.Value + n;
        end
    end
end

function y = double_it(x)
    y = 2 * x;
end
