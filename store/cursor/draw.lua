-- Draws turns of a ring for a batch. What a batch has drawn before it gets again, in the same order; beyond that it gets of each lane the
-- lowest free turns, then the next ones.
--
-- KEYS[1] cursor: hash {version, epoch, next, and of each further lane "next:lane"}
-- KEYS[2] free: sorted set of turns handed out before next
-- KEYS[3] draws: hash batch -> "turn,turn,...:unix seconds of the last draw"
-- ARGV[1] ring version, with how often its turns were given back    ARGV[2] unix seconds    ARGV[3] batch
-- ARGV[4] of how many turn numbers a lane has the range             ARGV[5] "lane,n,first lane,n,first ...": of each lane its number, how
-- many of its turns the batch needs in all, and the turn with which it begins where the cursor does not know it, since it was opened later
--
-- Returns {epoch, "turn,turn,..."}, all that the batch has drawn by now, and {''} where there is no cursor for this ring version,
-- or {epoch} alone where the cursor stands at another one: both want the cursor loaded.
local cursor = redis.call('HMGET', KEYS[1], 'version', 'epoch')
if not cursor[1] then return {''} end
if cursor[1] ~= ARGV[1] then return {cursor[2]} end

local range = tonumber(ARGV[4])
local had, drawn = {}, redis.call('HGET', KEYS[3], ARGV[3])
local turns = {}
if drawn then
  for turn in string.gmatch(string.match(drawn, '^[^:]*'), '%d+') do
    turns[#turns + 1] = turn
    local lane = math.floor(tonumber(turn) / range)
    had[lane] = (had[lane] or 0) + 1
  end
end

local short, fields = {}, {}
for name, n, first in string.gmatch(ARGV[5], '(%d+),(%d+),(%d+)') do
  local lane = tonumber(name)
  local missing = tonumber(n) - (had[lane] or 0)
  if missing > 0 then
    short[#short + 1] = {lane, missing, first}
    fields[#fields + 1] = lane == 0 and 'next' or 'next:' .. name
  end
end
if #short == 0 then return {cursor[2], table.concat(turns, ',')} end

local anyFree = redis.call('ZCARD', KEYS[2]) > 0
local nexts = redis.call('HMGET', KEYS[1], unpack(fields))
local moved = {}
local format, at = string.format, #turns
for i, s in ipairs(short) do
  local lane, missing = s[1], s[2]
  if anyFree then
    local free = redis.call('ZRANGEBYSCORE', KEYS[2], format('%.0f', lane * range), format('(%.0f', (lane + 1) * range), 'LIMIT', 0, missing)
    for _, turn in ipairs(free) do at = at + 1; turns[at] = turn end
    if #free > 0 then redis.call('ZREM', KEYS[2], unpack(free)) end
    missing = missing - #free
  end
  local next = nexts[i] or s[3]
  for _ = 1, missing do
    at = at + 1
    turns[at] = next
    next = format('%.0f', next + 1)
  end
  moved[2 * i - 1], moved[2 * i] = fields[i], next
end
local all = table.concat(turns, ',')
redis.call('HSET', KEYS[3], ARGV[3], all .. ':' .. ARGV[2])
redis.call('HSET', KEYS[1], unpack(moved))
return {cursor[2], all}
