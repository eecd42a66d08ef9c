CC := gcc
OBJECTS = main.o buffer.o

# Builds everything.
all: $(OBJECTS)
	$(CC) -o program $(OBJECTS)

%.o: %.c
	$(CC) -c $<

.PHONY: clean
clean:
	rm -f *.o program

define banner
@echo building
endef
