// SPDX-License-Identifier: MIT
pragma solidity ^0.8.0;

/// @title Counts things.
contract Counter is Ownable {
    uint256 public count;

    event Counted(address indexed by, uint256 count);

    modifier positive(uint256 n) {
        require(n > 0);
        _;
    }

    constructor(uint256 start) {
        count = start;
    }

    /// @notice Adds n.
    function add(uint256 n) public positive(n) returns (uint256) {
        count += n;
        return count;
    }
}

interface ICounter {
    function add(uint256 n) external returns (uint256);
}

library Math {
    function twice(uint256 x) internal pure returns (uint256) {
        return x * 2;
    }
}

struct Point {
    uint256 x;
}
