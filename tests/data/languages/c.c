/* A growing buffer. */
#include <stdlib.h>

#define BUFFER_MAX 4096
#define MIN(a, b) \
    ((a) < (b) ? (a) : (b))

typedef struct buffer {
    char *data;
    size_t size;
} buffer_t;

struct node {
    struct node *next;
};

enum color {
    RED,
    GREEN
};

typedef int (*compare_fn)(const void *, const void *);

/**
 * Grows the buffer.
 *
 * Returns 0 on success.
 */
int buffer_grow(buffer_t *buffer, size_t size);

/* Grows the buffer to at least `size` bytes. */
static int
buffer_reserve(buffer_t *buffer, size_t size)
{
    if (size > BUFFER_MAX)
        return -1;
    buffer->data = realloc(buffer->data, size);
    return 0;
}

#ifdef DEBUG
char *buffer_text(buffer_t *buffer) {
    return buffer->data;
}
#endif
