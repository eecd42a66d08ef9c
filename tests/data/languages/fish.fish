set -g root (pwd)

# Says hello.
function greet --argument name
    echo "hello $name"
end

greet world
