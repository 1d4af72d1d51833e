using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Experiments;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Tests.ControlPlane.Database;
using CartRecovery.Tests.ControlPlane.Flags;

namespace CartRecovery.Tests.ControlPlane.Experiments;

/// <summary>Experiments in the control database.</summary>
public sealed class ExperimentStoreTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    ExperimentStore _experiments = null!;
    FlagDirectory _directory = null!;

    [SetUp]
    public async Task SetUpAsync()
    {
        (_experiments, _directory) = (new ExperimentStore(Control), new FlagDirectory(Control));
        _directory.Follow();
        await Control.Changes.StartAsync();
    }

    [Test]
    public async Task An_experiment_is_started_changed_ended_and_deleted_and_is_a_flag()
    {
        var started = await _experiments.AddAsync("demo", "x", ExperimentSamples.AB(), "user:1", address: null);
        Assert.That(_directory.OfStore("demo").Find("x", isClient: true)!.Experiment!.Id, Is.EqualTo(started.Id));
        Assert.That(_directory.OfStore("other").Find("x", isClient: false), Is.Null);
        var changed = await _experiments.SetWeightsAsync("demo", "x", Weights(1, 3), "user:1", address: null);
        Assert.That(changed!.Allocations.Select(allocation => allocation.Weights), Is.EqualTo(new double[][] { [1, 1], [1, 3] }));
        Assert.That(_directory.ExperimentsOf("demo").Single().Allocations, Has.Count.EqualTo(2), "read back");
        Assert.That(await RefusedAsync(() => _experiments.DeleteAsync("demo", "x", "user:1", address: null)), Is.EqualTo("experiment_unchangeable"), "it runs");
        Assert.That(await RefusedAsync(() => _experiments.EndAsync("demo", "x", "c", "user:1", address: null)), Is.EqualTo("experiment_unchangeable"));
        Assert.That((await _experiments.EndAsync("demo", "x", "b", "user:1", address: null))!.Winner, Is.EqualTo("b"));
        Assert.That(await RefusedAsync(() => _experiments.SetWeightsAsync("demo", "x", Weights(1, 1), "user:1", address: null)), Is.EqualTo("experiment_unchangeable"));
        Assert.That(await _experiments.EndAsync("other", "x", "b", "user:1", address: null), Is.Null);
        Assert.That((await _experiments.DeleteAsync("demo", "x", "user:1", address: null))!.Id, Is.EqualTo(started.Id));
        Assert.That(_directory.OfStore("demo").All, Is.Empty);
        Assert.That((await new AuditLog(Control).ListAsync(new AuditFilter(Action: "experiment."), long.MaxValue, 10)).Select(entry => (entry.Event.Action, entry.Event.Target)), Is.EqualTo(new[]
        {
            ("experiment.delete", "experiment:x"), ("experiment.end", "experiment:x"), ("experiment.weights", "experiment:x"), ("experiment.start", "experiment:x"),
        }));
    }

    [Test]
    public async Task A_key_is_a_flags_or_an_experiments()
    {
        var flags = new FlagStore(Control);
        await flags.SetAsync("demo", "flag", FlagSamples.Boolean(), default, "cli", address: null);
        await _experiments.AddAsync("demo", "x", ExperimentSamples.AB(), "cli", address: null);
        Assert.That(await RefusedAsync(() => _experiments.AddAsync("demo", "x", ExperimentSamples.AB(), "cli", address: null)), Is.EqualTo("flag_exists"));
        Assert.That(await RefusedAsync(() => _experiments.AddAsync("demo", "flag", ExperimentSamples.AB(), "cli", address: null)), Is.EqualTo("flag_exists"));
        Assert.That(await RefusedAsync(() => flags.SetAsync("demo", "x", FlagSamples.Boolean(), default, "cli", address: null)), Is.EqualTo("flag_exists"));
        await _experiments.AddAsync("other", "x", ExperimentSamples.AB(), "cli", address: null);
    }

    [TestCase(1.0)]
    [TestCase(1.0, 1.0, 1.0)]
    public async Task Weights_name_each_variant(params double[] weights)
    {
        await _experiments.AddAsync("demo", "x", ExperimentSamples.AB(), "cli", address: null);
        Assert.That(await RefusedAsync(() => _experiments.SetWeightsAsync("demo", "x", Weights(weights), "cli", address: null)), Is.EqualTo("experiment_unchangeable"));
    }

    static Dictionary<string, double> Weights(params double[] weights) => weights.Select((weight, i) => (Name: $"{(char)('a' + i)}", weight)).ToDictionary(pair => pair.Name, pair => pair.weight);

    static async Task<string?> RefusedAsync(Func<Task> change)
    {
        try
        {
            await change();
            return null;
        }
        catch (ControlRefusalException e)
        {
            return e.Code;
        }
    }
}
