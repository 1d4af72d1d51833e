using CartRecovery.Bench.Load;
using CartRecovery.Bench.Stages;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Pipeline;

namespace CartRecovery.Bench.Serving;

/// <summary>
/// The hot path flat out, without sockets: each worker decodes real events into a slab, folds them into its partition, scores and decides, and begins
/// again. Nothing is shared but the options.
/// </summary>
sealed class ServingLoad : IDisposable
{
    const int Messages = 65_536, EventsASlab = EventSlab.Capacity / 2;
    const long At = 1_732_095_600_000;

    readonly Worker[] _workers;

    /// <param name="fixture">The events and the options.</param>
    /// <param name="workers">The number of threads, each with a partition.</param>
    public ServingLoad(StageFixture fixture, int workers) => _workers = [.. Enumerable.Range(0, workers).Select(i => new Worker(i, fixture))];

    /// <summary>Runs all workers for a while.</summary>
    /// <param name="time">How long.</param>
    /// <param name="eventsASecond">The rate of all workers together; 0 for flat out.</param>
    /// <returns>
    /// The events of all, and how long each slab took, from its bytes to its decisions; at a rate, from when it was due.
    /// </returns>
    public (long Events, Durations Slabs) Run(TimeSpan time, int eventsASecond = 0)
    {
        var until = Clock.Now() + (long)(time.TotalSeconds * Clock.Second);
        var every = eventsASecond == 0 ? 0 : Clock.Second * EventsASlab * _workers.Length / eventsASecond;
        var threads = _workers.Select(worker => new Thread(() => worker.Run(until, every))).ToArray();
        var before = _workers.Sum(worker => worker.Events);
        foreach (var thread in threads)
        {
            thread.Start();
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }

        var slabs = new Durations();
        foreach (var worker in _workers)
        {
            slabs.Add(worker.TakeSlabs());
        }

        return (_workers.Sum(worker => worker.Events) - before, slabs);
    }

    public void Dispose()
    {
        foreach (var worker in _workers)
        {
            worker.Dispose();
        }
    }

    sealed class Worker(int index, StageFixture fixture) : IDisposable
    {
        readonly PartitionStages _stages = new(index, fixture.Options, new PartitionCounters());
        readonly JsonEventDecoder _decoder = new(fixture.Rules);
        readonly EventSlab _slab = new();
        readonly byte[][] _messages = fixture.Messages(Messages, index * Messages);
        readonly ManualResetEventSlim _pause = new(initialState: false, spinCount: 0);
        Durations _slabs = new();
        int _next;

        public long Events { get; private set; }

        public Durations TakeSlabs()
        {
            var slabs = _slabs;
            _slabs = new Durations();
            return slabs;
        }

        public void Run(long until, long every)
        {
            for (var now = Clock.Now(); now < until;)
            {
                now = every == 0 ? now : WaitUntil(now + every);
                _slab.Count = _slab.TextLength = 0;
                for (var i = 0; i < EventsASlab; i++, _next = (_next + 1) % _messages.Length)
                {
                    _decoder.Decode(_messages[_next], At);
                    _decoder.AppendTo(_slab, _messages[_next]);
                }

                _slab.ReceivedAt = At;
                Events += _stages.Process(_slab);
                _stages.Decide();
                _stages.Decisions.Clear();
                var end = Clock.Now();
                _slabs.Record((end - now) * 1_000_000_000 / Clock.Second);
                now = every == 0 ? end : now;
            }
        }

        // Pauses but for the last two milliseconds, which a pause may overshoot. A slab that is due already is late.
        long WaitUntil(long due)
        {
            while (Clock.Now() is var now && now < due)
            {
                _pause.Wait(due - now > Clock.Second / 500 ? 1 : 0);
            }

            return due;
        }

        public void Dispose()
        {
            _stages.Dispose();
            _pause.Dispose();
        }
    }
}
