"""The model: a producer, a broker and consumers under load, simulated, and the theory that it is compared with.

scenario.py    what is simulated: frozen, validated; JSON, an address's query; FIELDS lists every field with unit and range (field.py)
simulation.py  `simulate(scenario)`; producer.py, broker.py, consumer.py, consumers.py, message.py: the SimPy processes; meter.py counts
kernel.py      a small engine that runs the same processes and gives the same bits as SimPy; JavaScript has the same one
draws.py, numerics.py   random numbers and elementary functions that are the same in every language
theory.py      closed forms; presets.py  ready scenarios

The determinism contract
========================
The same scenario gives the same summary, series, histogram and journal to the last digit, in every language. The model,
what translates it, and any engine in another language keep to this:

1. Arithmetic. IEEE 754 doubles; only + - * /, comparison and sqrt, in the order written. ln, exp and the normal
   quantile come from numerics.py: the library functions of languages and machines differ in their last bit. Never
   log, exp, pow (`**`), or a sum function over floats: CPython's `sum` compensates rounding from 3.12 on; JavaScript's
   reduce does not. Sums are plain loops from the first to the last. `int(x)` of a float cuts towards zero
   (Math.trunc). `ceil` is exact. No fused multiply-add.
2. Generator. mulberry32 on 32-bit numbers:
       state = (state + 0x6D2B79F5) mod 2**32
       t = imul(state ^ (state >>> 15), state | 1);  t = t ^ (t + imul(t ^ (t >>> 7), t | 61));  k = t ^ (t >>> 14)
   all unsigned 32 bit; a draw is u = (k + 0.5) / 2**32 (exact, never 0 or 1).
3. Streams. One for each purpose, numbered as in draws.STREAMS: arrivals 0, bursts 1, work 2, class 3, key 4, poison 5,
   error 6, crash 7, repair 8, backoff 9, client 10. A stream starts at
       state = 0x6D2B79F5 * (stream * 0x0FFFFFC7 + (seed * 165902235 mod 2**28)) mod 2**32
   (the products exceed 2**53 in JavaScript: use Math.imul and >>> 0). So two streams of one run are 268,435,399 draws
   apart, and 1,000 successive seeds at least 122,215.
4. Variates, one draw each, by inversion, never by rejection: exponential -ln(u); with a mean: mean * -ln(u);
   lognormal exp(mu + sigma * normal_quantile(u)) with variance = ln(1 + cv*cv), sigma = sqrt(variance),
   mu = ln(mean) - 0.5 * variance; Pareto least * exp(-ln(u) / tail) with least = mean * (tail - 1) / tail.
   Constant and regular draw nothing.
5. Who draws when.
   - The source, before it sleeps until the next arrival: one from arrivals (poisson, bursty). For bursty, each change
     of phase that is due (phase_ends <= now) draws one from bursts, on and off in turn, the first on at time 0; see
     producer.arrivals for how the rate, the bursts and the surge make an arrival time.
   - A new message, in this order: work; class, if there is more than one; key, if there are partitions; poison, if
     poison_share > 0. A message keeps its work for all its deliveries; a caller's next attempt is a new message.
   - A handling that ends: one from error, if error_share > 0 and the message is no poison.
   - A crash process: one from crash before each up time, one from repair before each down time.
   - A backoff: one from backoff (redelivery) or client (next attempt), if retry_jitter > 0, when it begins to wait.
6. Order of events. The agenda is a heap ordered by (time, number): numbers go up with each scheduling, and a new
   process has 2**62 taken off its number (its first step comes before all else at that instant). Scheduled are:
   a process when it is started; a timeout when the process requests it (time = now + delay, that one sum); the waiter of
   an event when the event succeeds. The run takes events while their time is < duration_s. kernel.py is
   all of it. Processes are started in the order in which the constructors of Simulation, Broker, Consumers and Producer
   do, and everywhere else in the order of the statements.
7. Containers. Queues and lines are first in, first out; dictionaries keep the order of insertion; no code iterates a set.
8. Time. Every process that changes something calls `meter.tick(now)` first; areas are added up there, in that order.
9. Figures. As simulation.summarise, simulation.percentile and meter.EDGES_S (edges by repeated multiplication with 1.02). Compare
   as numbers, not as text: 1e-07 and 1e-7 are the same double.
"""
