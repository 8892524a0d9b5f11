-- +goose Up

-- Whoever was removed is told by their name and no longer by their address, of which a digest stays: by it they are found when they
-- are to be erased. A program of an older version that removes somebody meanwhile leaves the address; removing people is rare.
UPDATE people SET password_hash = NULL, email = '', email_key = encode(sha256(convert_to(email_key, 'UTF8')), 'hex'),
    name = CASE WHEN lower(name) = lower(email) THEN split_part(name, '@', 1) ELSE name END
WHERE removed_at IS NOT NULL;
