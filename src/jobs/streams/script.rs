//! Scripts that Redis runs as one step.

use redis::{Cmd, cmd};

/// The order of two ids of entries, in a script. Their numbers may be too large for a number of Lua.
macro_rules! before {
    () => {
        r"
local function before(a, b)
    local function parts(id) return string.match(id, '^(%d+)-(%d+)$') end
    local function less(x, y) if #x ~= #y then return #x < #y end return x < y end
    local am, as = parts(a)
    local bm, bs = parts(b)
    if am ~= bm then return less(am, bm) end
    return less(as, bs)
end
"
    };
}

/// Adds entries, given the newest id that was seen, the field of the job, and for each entry its job, the number of its
/// words, and its words. Answers for each 1 and the new id, or 0 and the id of the entry that the job got meanwhile.
pub(super) const ADD: &str = concat!(
    before!(),
    r"
local seen, fields, told = ARGV[1], {}, {}
local info = redis.call('XINFO', 'STREAM', KEYS[1])
for i = 1, #info, 2 do fields[info[i]] = info[i + 1] end
if fields['last-generated-id'] ~= seen then
    -- Servers before 7.0 do not say which entries were deleted.
    local deleted, first = fields['max-deleted-entry-id'], fields['first-entry']
    if not deleted or before(seen, deleted) then return false end
    if type(first) ~= 'table' or before(seen, first[1]) then return false end
    local new = redis.call('XRANGE', KEYS[1], '(' .. seen, '+', 'COUNT', 1001)
    if #new > 1000 then return false end
    for _, entry in ipairs(new) do
        for i = 1, #entry[2], 2 do
            if entry[2][i] == ARGV[2] then told[string.lower(entry[2][i + 1])] = entry[1] end
        end
    end
end
local done, at = {}, 3
while at <= #ARGV do
    local entry, words = told[string.lower(ARGV[at])], tonumber(ARGV[at + 1])
    if entry then
        done[#done + 1] = {0, entry}
    else
        done[#done + 1] = {1, redis.call('XADD', KEYS[1], '*', unpack(ARGV, at + 2, at + 1 + words))}
    end
    at = at + words + 2
end
return done"
);

/// Acknowledges entries that are as they were seen, and deletes those that nobody has yet. Each is given as its id, its
/// consumer, and how often it was delivered; the last two are empty for one that was not delivered.
pub(super) const ACKNOWLEDGE: &str = concat!(
    before!(),
    r"
local last
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local fields = {}
    for i = 1, #group, 2 do fields[group[i]] = group[i + 1] end
    if fields['name'] == ARGV[1] then last = fields['last-delivered-id'] end
end
local done = {}
for i = 2, #ARGV, 3 do
    local id, consumer, delivered, outcome = ARGV[i], ARGV[i + 1], ARGV[i + 2], 0
    local pending = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)[1]
    if delivered ~= '' then
        if pending and pending[2] == consumer and tostring(pending[4]) == delivered then
            outcome = redis.call('XACK', KEYS[1], ARGV[1], id)
        end
    elseif not pending and last and before(last, id) then
        outcome = redis.call('XDEL', KEYS[1], id)
    end
    done[#done + 1] = outcome
end
return done"
);

/// The command that runs a script on a key.
pub(super) fn script(text: &str, key: &str) -> Cmd {
    let mut command = cmd("EVAL");
    command.arg(text).arg(1).arg(key);
    command
}
