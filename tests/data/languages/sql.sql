-- People who may log in.
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE INDEX users_name ON users (name);

CREATE VIEW active_users AS
SELECT id, name
FROM users
WHERE name <> '';

-- Counts users.
CREATE OR REPLACE FUNCTION public.count_users() RETURNS integer AS $$
BEGIN
    RETURN (SELECT count(*) FROM users);
END;
$$ LANGUAGE plpgsql;

INSERT INTO users (id, name) VALUES (1, 'Ada');
