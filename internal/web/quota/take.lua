-- Takes requests of several quotas, of all of them or of none.
--
-- KEYS: for each quota, when it is whole again, in µs.
-- ARGV: for each quota µs a request, requests, how many to take (0 asks whether one is left), 1 if it counts only for a
-- stranger, and ms for which who takes of it is remembered. A stranger is who has no first key.
-- Returns which quota refuses, 0 for none, and ms to wait; then for each requests left, and ms until it is whole again.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local known = redis.call('EXISTS', KEYS[1]) == 1
local whole, refused, wait = {}, 0, 0

local function of(i)
	local at = 5 * (i - 1)
	return tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), ARGV[at + 4] == '1', tonumber(ARGV[at + 5])
end

for i, key in ipairs(KEYS) do
	local each, most, take, strangers = of(i)
	whole[i] = math.max(now, tonumber(redis.call('GET', key) or 0))
	local early = whole[i] + each * (math.max(take, 1) - most) - now
	if early > wait and not (strangers and known) then
		refused, wait = i, early
	end
end

local answer = {refused, math.ceil(wait / 1000)}
for i, key in ipairs(KEYS) do
	local each, most, take, _, remember = of(i)
	if refused == 0 and take > 0 then
		whole[i] = whole[i] + each * take
		redis.call('SET', key, string.format('%.0f', whole[i]), 'PX', math.max(remember, math.ceil((whole[i] - now) / 1000)))
	end
	answer[#answer + 1] = math.max(0, math.floor(most - (whole[i] - now) / each))
	answer[#answer + 1] = math.ceil((whole[i] - now) / 1000)
end
return answer
