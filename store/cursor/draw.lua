-- Draws turns of a ring, one for each token. A token that has drawn before gets the same turn again; others get the
-- lowest free turns, then the next ones.
--
-- KEYS[1] cursor: hash {version, epoch, next}     KEYS[2] free: sorted set of turns handed out before next
-- KEYS[3] draws: hash token -> "turn:unix seconds of the draw"
-- ARGV[1] ring version    ARGV[2] unix seconds    ARGV[3...] tokens, no more than some thousands
--
-- Returns {epoch, turn, turn, ...}, or {''} where there is no cursor for this ring version, and {epoch} alone where the
-- cursor stands at another one: both want the cursor loaded.
local cursor = redis.call('HMGET', KEYS[1], 'version', 'epoch', 'next')
if not cursor[1] then return {''} end
if cursor[1] ~= ARGV[1] then return {cursor[2]} end

local answer = {cursor[2]}
local drawn = redis.call('HMGET', KEYS[3], unpack(ARGV, 3))
local missing = 0
for i = 1, #drawn do
  if not drawn[i] then missing = missing + 1 end
end
local free = missing > 0 and redis.call('ZPOPMIN', KEYS[2], missing) or {}
local next, used, remembered = tonumber(cursor[3]), 1, {}
for i = 1, #drawn do
  local turn = drawn[i] and string.match(drawn[i], '^%d+')
  if not turn then
    turn = free[used] -- ZPOPMIN answers {member, score, member, score, ...}
    used = used + 2
    if not turn then
      turn = string.format('%.0f', next)
      next = next + 1
    end
    remembered[#remembered + 1] = ARGV[i + 2]
    remembered[#remembered + 1] = turn .. ':' .. ARGV[2]
  end
  answer[i + 1] = turn
end
if missing > 0 then
  redis.call('HSET', KEYS[3], unpack(remembered))
  redis.call('HSET', KEYS[1], 'next', string.format('%.0f', next))
end
return answer
