using CartRecovery.Contracts;
using CartRecovery.Engine.Delivery;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Delivery;

sealed class SinkSetTests
{
    static readonly SinkRunnerOptions s_options = new() { BatchAge = TimeSpan.FromMilliseconds(5) };

    [Test]
    public async Task A_channel_is_resolved_by_sink_name()
    {
        using var log = new LogLines();
        var (first, second) = (new ScriptedSink(), new ScriptedSink());
        var set = new SinkSet([Sink("first", first), Sink("second", second)], TimeProvider.System, log);
        set.Start();
        Assert.That(set.TryDeliver("first", Interventions.One(0)));
        Assert.That(set.TryDeliver("second", Interventions.One(1)));
        Assert.That(set.TryDeliver("third", Interventions.One(2)), Is.False);
        await set.DrainAsync(Eventually.Deadline);
        Assert.That(first.Writes.Single(), Is.EqualTo(new[] { Interventions.One(0).Id }));
        Assert.That(second.Writes.Single(), Is.EqualTo(new[] { Interventions.One(1).Id }));
        Assert.That(set.TryDeliver("first", Interventions.One(3)), Is.False, "drained");
    }

    [Test]
    public void Sink_names_must_be_unique()
    {
        using var log = new LogLines();
        Assert.That(
            () => new SinkSet([Sink("same", new ScriptedSink()), Sink("same", new ScriptedSink())], TimeProvider.System, log),
            Throws.ArgumentException);
    }

    [Test]
    public async Task A_sink_that_hangs_does_not_block_the_others()
    {
        using var log = new LogLines();
        var ever = new TaskCompletionSource();
        var hung = new ScriptedSink
        {
            OnWrite = (_, _) => new ValueTask(ever.Task),
            OnHealth = _ => ValueTask.FromResult(new SinkHealth(false, "stuck")),
        };
        var fine = new ScriptedSink();
        var set = new SinkSet([Sink("hung", hung, s_options with { Queue = 50 }), Sink("fine", fine)], TimeProvider.System, log);
        set.Start();
        foreach (var item in Interventions.Many(2000))
        {
            set.TryDeliver("hung", item);
            Assert.That(set.TryDeliver("fine", item));
        }

        await Eventually.Is(() => fine.Writes.Sum(write => write.Length) == 2000, "the other sink received everything");
        Assert.That(set.Runners[0].Dropped, Is.Positive, "a hung sink's queue is bounded");
        Assert.That((await set.CheckHealthAsync(default)).Select(report => report.Health.Healthy), Is.EqualTo(new[] { false, true }));
        await set.DrainAsync(TimeSpan.FromSeconds(1)).WaitAsync(Eventually.Deadline);
        Assert.That(fine.Disposed);
        ever.SetResult();
    }

    [Test]
    public async Task A_replacement_connects_only_once_the_former_sink_is_closed()
    {
        using var log = new LogLines();
        var proceed = new TaskCompletionSource();
        var former = new ScriptedSink { OnWrite = (_, _) => new ValueTask(proceed.Task) };
        var wasClosed = false;
        var next = new ScriptedSink
        {
            OnConnect = (_, _) =>
            {
                wasClosed = former.Disposed;
                return default;
            },
        };
        var set = new SinkSet([Sink("same", former)], TimeProvider.System, log);
        set.Start();
        set.TryDeliver("same", Interventions.One(0));
        await Eventually.Is(() => former.Writes.Count == 1, "it writes");

        var replacing = set.Replace([set.Create(Sink("same", next))], Eventually.Deadline);
        Assert.That(set.TryDeliver("same", Interventions.One(1)), "the replacement's queue takes interventions at once");
        Assert.That((next.Connects, replacing.IsCompleted), Is.EqualTo((0, false)));
        proceed.SetResult();
        await replacing.WaitAsync(Eventually.Deadline);

        await Eventually.Is(() => next.Writes.Count == 1, "it delivers");
        Assert.That(wasClosed);
        await set.DrainAsync(Eventually.Deadline);
    }

    [Test]
    public async Task A_replacement_that_is_replaced_while_it_waits_never_connects()
    {
        using var log = new LogLines();
        var proceed = new TaskCompletionSource();
        var former = new ScriptedSink { OnWrite = (_, _) => new ValueTask(proceed.Task) };
        var (between, last) = (new ScriptedSink(), new ScriptedSink());
        var kept = new List<string>();
        var set = new SinkSet([Sink("same", former)], TimeProvider.System, log,
            (item, result) =>
            {
                lock (kept)
                {
                    kept.Add($"{item.Id} {result.Outcome}");
                }
            });
        set.Start();
        set.TryDeliver("same", Interventions.One(0));
        await Eventually.Is(() => former.Writes.Count == 1, "it writes");

        var first = set.Replace([set.Create(Sink("same", between))], Eventually.Deadline);
        set.TryDeliver("same", Interventions.One(1));
        var second = set.Replace([set.Create(Sink("same", last))], Eventually.Deadline);
        await Eventually.Is(() => between.Disposed, "it is closed");
        Assert.That((between.Connects, last.Connects), Is.EqualTo((0, 0)));
        proceed.SetResult();
        await Task.WhenAll(first, second).WaitAsync(Eventually.Deadline);

        await Eventually.Is(() => last.Connects == 1, "the last connects");
        Assert.That(between.Connects, Is.Zero);
        Assert.That(kept, Is.EquivalentTo(new[] { $"{Interventions.One(1).Id} Kept", $"{Interventions.One(0).Id} Delivered" }));
        await set.DrainAsync(Eventually.Deadline);
    }

    static (string, SinkSpec, SinkSettings, SinkRunnerOptions) Sink(string name, ScriptedSink sink, SinkRunnerOptions? options = null) =>
        (name, sink.Spec, new SinkSettings(name, sink.Spec, new Dictionary<string, string>(StringComparer.Ordinal)), options ?? s_options);
}
