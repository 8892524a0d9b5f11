-- Takes a chat's turn to be written to, if it has come.
--
-- KEYS: pause (is there while nobody may send), any (of all chats) and chat: when the next message may go, in ms.
-- ARGV: ms between any two messages, how many of those may go at once, ms between two to the chat.
-- Returns 0, or how many ms to wait before asking again. In that case nothing is taken.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local between, at_once, between_chat = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local any = math.max(now, tonumber(redis.call('GET', KEYS[2]) or 0))
local chat = math.max(now, tonumber(redis.call('GET', KEYS[3]) or 0))
local wait = math.max(redis.call('PTTL', KEYS[1]), any - now - between * (at_once - 1), chat - now)
if wait > 0 then
	return math.ceil(wait)
end
redis.call('SET', KEYS[2], string.format('%.0f', any + between), 'PX', between * at_once + 1000)
redis.call('SET', KEYS[3], string.format('%.0f', chat + between_chat), 'PX', between_chat)
return 0
