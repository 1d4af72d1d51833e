using CartRecovery.Engine.Events.Clocks;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;

namespace CartRecovery.Tests.Simulation;

/// <summary>Totals over the simulations of many seeds, as evidence that they exercised something.</summary>
sealed record SimulationTotals(int Lives, int Events, int Decisions, int Faults, int Torn, int FromCheckpoint, int Damages, int Jumps, int Refused);

/// <summary>
/// Simulates one or two journaled partitions, their senders and the readers of their tails, by one seed on one thread. The disk fails and
/// crashes, the wall clock jumps, and the readers' database is locked at times. After each crash the recovered state is compared with
/// partitions that never crashed and with an independent count.
/// </summary>
sealed class Simulation : IDisposable
{
    static readonly string s_root = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    readonly Random _random;
    readonly SimulatedClock _time;
    readonly SlabPool _slabs = new(8);
    readonly string _folder;
    readonly SimulatedTraffic _traffic;
    readonly SimulatedSender[] _senders;
    readonly SimulatedPartition[] _partitions;
    readonly ReferencePartition[] _references;
    readonly SimulationPlan _plan;
    Watermark _watermark = new();
    long _connections;
    int _lives;
    int _torn;
    int _fromCheckpoint;
    int _faults;
    int _damages;

    public Simulation(int seed)
    {
        _random = new Random(seed);
        _time = new SimulatedClock(EventReading.Now, _random);
        _folder = Directory.CreateDirectory(Path.Combine(s_root, $"cartrecovery-{Guid.NewGuid():N}")).FullName;
        _plan = new SimulationPlan(_random, _folder);
        _traffic = new SimulatedTraffic(_random, _plan.Carts);
        _senders = [.. Enumerable.Range(0, _random.Next(1, 4)).Select(i => new SimulatedSender(i, _traffic, _random))];
        _partitions = [.. Enumerable.Range(0, _random.Next(3) == 0 ? 2 : 1).Select(i => new SimulatedPartition(i, _plan.Live, _slabs, _random, _time))];
        _references = [.. _partitions.Select((p, i) => new ReferencePartition(i, _plan.Reference(), p.Disk, _traffic, _slabs))];
    }

    // The right time, and what the engine takes for it.
    long Now => _time.Right.ToUnixTimeMilliseconds();

    long EngineNow => _time.GetUtcNow().ToUnixTimeMilliseconds();

    // A sender abandons events older than the deduplication window.
    long NotBefore => Now - ((long)_plan.DedupWindow.TotalMilliseconds / 2);

    /// <summary>Runs the simulation.</summary>
    /// <exception cref="SimulationException">An invariant was violated.</exception>
    public SimulationTotals Run()
    {
        for (var left = _random.Next(1, 5); left > 0; left--)
        {
            Live();
            CutPower();
        }

        Live();
        foreach (var partition in _partitions)
        {
            Finish(partition);
        }

        AllWasTold();
        foreach (var partition in _partitions)
        {
            _faults += partition.Failed;
            partition.Dispose();
        }

        for (var i = 0; i < _partitions.Length; i++)
        {
            _references[i].CatchUp();
            SimulationException.ThrowUnless(_partitions[i].Reader.Decisions.Count == _references[i].Journaled.Count, $"partition {i}: the reader skipped decisions");
        }

        StartAgain();
        SimulationException.ThrowUnless(_partitions.All(p => p.Report.Events == 0), "a clean shutdown left entries to replay");
        CutPower();
        if (_random.Next(2) == 0)
        {
            Damage();
        }

        return new SimulationTotals(
            _lives, _traffic.All.Count, _references.Sum(r => r.Journaled.Count), _faults, _torn, _fromCheckpoint, _damages, _time.Jumps,
            _partitions.Sum(p => p.Reader.Refused));
    }

    /// <summary>A trace of the run, for comparison with another run of the seed.</summary>
    public string[] Trace() =>
        [.. _partitions.SelectMany((p, i) => p.Reader.Decisions.Select(d => $"{i} {d.Id}")),
            .. _references.SelectMany((r, i) => r.Events.Select(e => $"{i} {e.Event.Number}")), $"{_torn} {_faults} {_fromCheckpoint} {Now}",
            .. _partitions.SelectMany((p, i) => p.Disk.Digests().Select(d => $"{i} {d}"))];

    public void Dispose()
    {
        foreach (var partition in _partitions)
        {
            partition.Dispose();
        }

        foreach (var reference in _references)
        {
            reference.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    string CheckpointsOf(int partition) => _plan.CheckpointsOf(partition);

    void Live()
    {
        while (_random.Next(4) == 0)
        {
            // The power is cut again soon after the restart.
            StartAgain();
            if (_random.Next(2) == 0)
            {
                foreach (var partition in _partitions)
                {
                    partition.Begin();
                }

                if (_random.Next(2) == 0)
                {
                    _partitions[0].Pump();
                }
            }

            CutPower();
        }

        StartAgain();
        foreach (var partition in _partitions)
        {
            partition.Begin();
        }

        foreach (var sender in _senders)
        {
            var again = sender.Reconnect(++_connections, NotBefore);
            foreach (var part in again.Chunk(20))
            {
                Take(sender, [.. part]);
            }
        }

        var steps = _random.Next(5, 70);
        for (var step = 0; step < steps; step++)
        {
            Step();
        }
    }

    void Step()
    {
        _time.Advance(TimeSpan.FromMilliseconds(_random.Next(30) == 0 ? _random.Next(120_000) : _random.Next(300)));
        var partition = _partitions[_random.Next(_partitions.Length)];
        switch (_random.Next(14))
        {
            case < 4:
                var sender = _senders[_random.Next(_senders.Length)];
                Take(sender, sender.Next(Now, NotBefore));
                break;
            case < 6:
                partition.EndBatch();
                break;
            case < 8:
                partition.RunIdle(_watermark.EstimateAt(EngineNow));
                break;
            case < 10:
                partition.Pump();
                break;
            case 10:
                partition.Reader.Read(_random.Next(20));
                break;
            case 11:
                partition.Reader.Lock(_random.Next(2) == 0);
                break;
            case 12:
                _time.Jump();
                break;
            default:
                partition.Faults = _random.Next(3) switch { 0 => 0, 1 => 0.2, _ => 1 };
                break;
        }

        if (partition.Fault is { } fault)
        {
            throw new SimulationException(fault);
        }
    }

    void Take(SimulatedSender sender, List<SentEvent> events)
    {
        var slabs = sender.Deal(events, _partitions.Length, _slabs, _watermark, EngineNow, _time.GetTimestamp());
        for (var i = 0; i < slabs.Length; i++)
        {
            if (slabs[i] is not { } slab)
            {
                continue;
            }

            // These small pages cannot hold a batch larger than a page.
            if (_partitions[i].Work.BatchEvents + slab.Count > 48)
            {
                _partitions[i].EndBatch();
            }

            _partitions[i].Take(slab);
            _slabs.Return(slab);
        }
    }

    void CutPower()
    {
        foreach (var partition in _partitions)
        {
            if (partition.Fault is { } fault)
            {
                throw new SimulationException(fault);
            }

            _faults += partition.Failed;
            partition.Crash();
        }

        for (var i = 0; i < _partitions.Length; i++)
        {
            var checkpoints = Directory.Exists(CheckpointsOf(i)) ? Directory.GetDirectories(CheckpointsOf(i)) : [];
            if (checkpoints.Length > 1 && _random.Next(6) == 0)
            {
                DamageCheckpoint(checkpoints);
            }
        }
    }

    // Recovers and checks everything.
    void StartAgain()
    {
        _lives++;
        _watermark = new Watermark();
        for (var i = 0; i < _partitions.Length; i++)
        {
            _references[i].CatchUp();
            _partitions[i].Recover(_watermark);
            Check(i);
        }
    }

    void Check(int index)
    {
        var (partition, reference) = (_partitions[index], _references[index]);
        _torn += partition.Report.Warnings.Count(w => w.Contains("not a complete entry", StringComparison.Ordinal));
        _fromCheckpoint += partition.Report.Events < reference.Events.Count ? 1 : 0;

        foreach (var told in _senders.SelectMany(s => s.Told).Where(t => t.Partition == index))
        {
            Require(reference.Has(told.Event), $"acknowledged event {told.Event} is lost");
        }

        foreach (var sender in _senders)
        {
            Require(reference.Events.All(e => e.Event.Sender != Array.IndexOf(_senders, sender) || sender.Handed.Contains((index, e.Event.Number))),
                "the state has an event that was never submitted");
        }

        Require(reference.Journaled.Take(partition.Reader.Decisions.Count).SequenceEqual(partition.Reader.Decisions.Select(d => d.Id)),
            "the reader has read other decisions than the journal's");
        Require(reference.CustomerEvents.Take(partition.Reader.CustomerEvents.Count).Select(e => e.Id).SequenceEqual(partition.Reader.CustomerEvents.Select(e => e.Id)),
            "the reader has read other customer events than the journal's");
        Require(ReferencePartition.AreSame(partition.State.Stages.Decisions, reference.LastBatch), "the last batch was decided differently");
        var (carts, customers) = KeysOf(reference);
        var differences = StateBytes.Differences(
            StateBytes.Of(partition.State, carts, customers), StateBytes.Of(reference.State, carts, customers));
        Require(differences.Length == 0, $"recovered state differs: {string.Join(", ", differences)}");
        Count(partition, reference);

        void Require(bool condition, string message) => SimulationException.ThrowUnless(condition, $"life {_lives}, partition {index}: {message}");
    }

    void Count(SimulatedPartition partition, ReferencePartition reference)
    {
        var model = CountedShop.Of(reference.Events);
        foreach (var (key, cart) in model.Carts)
        {
            var record = partition.State.Stages.Find(key) ?? throw new SimulationException($"cart {key} is lost");
            SimulationException.ThrowUnless(record.EventCount == cart.Events && record.ItemCount == cart.Items.Values.Sum(),
                $"life {_lives}: cart {key} has {record.EventCount} events and {record.ItemCount} items, not {cart.Events} and {cart.Items.Values.Sum()}");
        }

        foreach (var (key, customer) in model.Customers)
        {
            var history = partition.State.Stages.FindCustomer(key)?.History ?? throw new SimulationException($"customer {key} is lost");
            SimulationException.ThrowUnless(history.Orders == customer.Orders && history.Refunds == customer.Refunds,
                $"life {_lives}: {key} has {history.Orders} orders and {history.Refunds} refunds, not {customer.Orders} and {customer.Refunds}");
        }
    }

    (List<Hash128> Carts, List<Hash128> Customers) KeysOf(ReferencePartition reference) =>
        ([.. reference.Events.Select(e => e.Event.Record.Cart).Distinct()],
            [.. reference.Events.Select(e => e.Event.Record.Customer).Where(c => !c.IsNone).Distinct()]);

    void Finish(SimulatedPartition partition)
    {
        partition.Finish();
        if (partition.Fault is { } fault)
        {
            throw new SimulationException(fault);
        }
    }

    void AllWasTold()
    {
        foreach (var sender in _senders)
        {
            var untold = sender.Handed.Except(sender.Told).Where(h => _traffic.All[h.Event].MadeAt >= NotBefore).ToArray();
            SimulationException.ThrowUnless(untold.Length == 0, $"everything is durable, but no acknowledgement covers event {untold.FirstOrDefault().Event}");
        }
    }

    void DamageCheckpoint(string[] checkpoints)
    {
        var newest = checkpoints.OrderBy(c => int.TryParse(Path.GetFileName(c), out var number) ? number : -1).Last();
        var files = Directory.GetFiles(newest, "*", SearchOption.AllDirectories).Where(f => new FileInfo(f).Length > 0).Order(StringComparer.Ordinal).ToArray();
        var file = files[_random.Next(files.Length)];
        if (_random.Next(4) == 0)
        {
            File.Delete(file);
            return;
        }

        var bytes = File.ReadAllBytes(file);
        bytes[_random.Next(bytes.Length)] ^= (byte)_random.Next(1, 256);
        File.WriteAllBytes(file, bytes);
    }

    // Damages data that a later entry or the mark records as durable, which must never be treated as a torn tail.
    void Damage()
    {
        var partition = _partitions[0];
        var layout = partition.Options.Journal!.Layout;
        var entries = JournalAnatomy.Of(partition.Disk, layout);
        var damageable = entries.Take(entries.FindLastIndex(e => partition.Disk.Mark >= e.End || entries.Any(later => later.Durable >= e.End)) + 1).ToList();
        if (damageable.Count == 0)
        {
            return;
        }

        var victim = damageable[_random.Next(damageable.Count)];
        var segment = layout.SegmentOf(victim.Address);
        var offset = (int)layout.OffsetOf(victim.Address);
        var length = (int)(victim.End - victim.Address);
        if (_random.Next(3) == 0)
        {
            partition.Disk.Wipe(segment, offset, length);
        }
        else
        {
            // Excludes the padding at its end.
            partition.Disk.Damage(segment, offset + _random.Next(length - 3), (byte)_random.Next(1, 256));
        }

        if (Directory.Exists(CheckpointsOf(0)))
        {
            Directory.Delete(CheckpointsOf(0), recursive: true);
        }

        var expected = partition.Disk.Segments()[0] == 0 ? "journal_damaged" : "checkpoint_missing";
        _damages++;
        try
        {
            partition.Recover(new Watermark());
        }
        catch (JournalException e) when (e.Code == expected)
        {
            return;
        }

        throw new SimulationException($"a damaged entry at {victim.Address} was not detected");
    }
}
