package require Tcl 8.6

set limit 10

# Adds two numbers.
proc add {a b} {
    return [expr {$a + $b}]
}

namespace eval shapes {
    proc area {r} {
        return [expr {3.14 * $r * $r}]
    }
}
