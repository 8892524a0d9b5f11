-- Notes that Telegram refused a chat for now, and has nobody write to it for a while.
--
-- KEYS: chat (as in take.lua), refused: the chats refused since something was taken last.
-- ARGV: for how many ms, the chat, for how many ms the refusal is remembered.
-- Returns how many chats were refused since something was taken last.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local wait = tonumber(ARGV[1])

if tonumber(redis.call('GET', KEYS[1]) or 0) < now + wait then
	redis.call('SET', KEYS[1], string.format('%.0f', now + wait), 'PX', wait)
end
redis.call('SADD', KEYS[2], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return redis.call('SCARD', KEYS[2])
