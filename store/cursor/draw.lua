-- Draws turns of a ring for a batch. What a batch has drawn before it gets again, in the same order; beyond that it gets
-- the lowest free turns, then the next ones.
--
-- KEYS[1] cursor: hash {version, epoch, next}     KEYS[2] free: sorted set of turns handed out before next
-- KEYS[3] draws: hash batch -> "turn,turn,...:unix seconds of the last draw"
-- ARGV[1] ring version, with how often its turns were given back    ARGV[2] unix seconds    ARGV[3] batch    ARGV[4] how many turns it needs in all
--
-- Returns {epoch, "turn,turn,..."}, at least as many as it needs, and {''} where there is no cursor for this ring version,
-- or {epoch} alone where the cursor stands at another one: both want the cursor loaded.
local cursor = redis.call('HMGET', KEYS[1], 'version', 'epoch', 'next')
if not cursor[1] then return {''} end
if cursor[1] ~= ARGV[1] then return {cursor[2]} end

local turns = {}
local drawn = redis.call('HGET', KEYS[3], ARGV[3])
if drawn then
  for turn in string.gmatch(string.match(drawn, '^[^:]*'), '%d+') do turns[#turns + 1] = turn end
end
local needed = tonumber(ARGV[4])
if #turns >= needed then return {cursor[2], table.concat(turns, ',')} end

local free = redis.call('ZPOPMIN', KEYS[2], needed - #turns)
for i = 1, #free, 2 do turns[#turns + 1] = free[i] end -- it answers {member, score, member, score, ...}
local next = tonumber(cursor[3])
while #turns < needed do
  turns[#turns + 1] = string.format('%.0f', next)
  next = next + 1
end
local all = table.concat(turns, ',')
redis.call('HSET', KEYS[3], ARGV[3], all .. ':' .. ARGV[2])
redis.call('HSET', KEYS[1], 'next', string.format('%.0f', next))
return {cursor[2], all}
