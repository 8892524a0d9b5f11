-- Ends the draws of tokens whose batch has been dealt with for good: forgets them, and takes back the turns that they
-- drew and that were not spent.
--
-- KEYS as in draw.lua    ARGV[1] number of tokens    ARGV[2...] tokens, no more than some thousands, then spent turns
--
-- Draws that a load has forgotten since are left alone: the load has read their outcome from the ledger.
local last = tonumber(ARGV[1]) + 1
local spent = {}
for i = last + 1, #ARGV do spent[ARGV[i]] = true end
local drawn = redis.call('HMGET', KEYS[3], unpack(ARGV, 2, last))
for i = 1, #drawn do
  local turn = drawn[i] and string.match(drawn[i], '^%d+')
  if turn and not spent[turn] then redis.call('ZADD', KEYS[2], turn, turn) end
end
redis.call('HDEL', KEYS[3], unpack(ARGV, 2, last))
return 1
