-- wrk's side of the benchmark: BENCH_CALLS names a Lua file with the calls, one picked at random per request. In a
-- body, @ID@ becomes a fresh id that sorts like a UUIDv7, @NOW@ the present instant and @THEN@ half an hour before it.
local calls = dofile(os.getenv("BENCH_CALLS"))
local threads = 0

function setup(thread)
   thread:set("number", threads)
   threads = threads + 1
end

function init()
   math.randomseed(os.time() * 16 + number)
   count = 0
end

local function fresh_id()
   count = count + 1
   local ms = os.time() * 1000 + count % 1000
   return string.format("%06x%02x-%04x-7%03x-9%03x-%06x%06x", math.floor(ms / 16777216), math.floor(ms / 65536) % 256,
      ms % 65536, number, math.random(0, 4095), math.random(0, 16777215), count % 16777216)
end

local function at(seconds)
   return os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() + seconds)
end

function request()
   local call = calls[math.random(#calls)]
   local body = call.body
   if body then
      body = body:gsub("@ID@", fresh_id()):gsub("@NOW@", at(0)):gsub("@THEN@", at(-1800))
   end
   return wrk.format(call.method, call.path, call.headers, body)
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format('BENCH {"requests": %d, "micros": %d, "refused": %d, "broken": %d, "p50": %d, "p99": %d}\n',
      summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
      latency:percentile(50), latency:percentile(99)))
end
