param([string]$Path = ".")

<#
.SYNOPSIS
Counts files.
#>
function Get-FileCount {
    param([string]$Folder)
    (Get-ChildItem $Folder).Count
}

class Counter {
    [int]$Value

    [void] Add([int]$n) {
        $this.Value += $n
    }
}

enum Mode {
    Fast
    Slow
}

Get-FileCount $Path
