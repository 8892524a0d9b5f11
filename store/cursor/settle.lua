-- Ends the draw of a batch that has been dealt with for good: forgets it, and takes back the turns that it drew and that
-- were not spent.
--
-- KEYS as in draw.lua    ARGV[1] batch    ARGV[2] how many of its turns, from the first, the batch went through
-- ARGV[3...] those among them that it did not spend; it spent none of the others that were drawn for it
--
-- A draw that a load has forgotten since is left alone: the load has read its outcome from the ledger.
local drawn = redis.call('HGET', KEYS[3], ARGV[1])
if not drawn then return 0 end
local known, place = tonumber(ARGV[2]), 0
for turn in string.gmatch(string.match(drawn, '^[^:]*'), '%d+') do
  place = place + 1
  if place > known then redis.call('ZADD', KEYS[2], turn, turn) end
end
for i = 3, #ARGV do redis.call('ZADD', KEYS[2], ARGV[i], ARGV[i]) end
redis.call('HDEL', KEYS[3], ARGV[1])
return 1
