using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Targeting;
using CartRecovery.Tests.ControlPlane.Database;
using static CartRecovery.Tests.ControlPlane.Flags.FlagSamples;

namespace CartRecovery.Tests.ControlPlane.Flags;

/// <summary>Flags in the control database.</summary>
public sealed class FlagStoreTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    const string Definition = """{"type":"boolean","variants":{"on":true},"defaultVariant":"on"}""";

    FlagStore _flags = null!;

    [SetUp]
    public void SetUp() => _flags = new FlagStore(Control);

    [Test]
    public async Task A_flag_is_changed_and_deleted_only_with_its_current_version()
    {
        var (made, isNew) = await SetAsync("demo", "a", Boolean(new FlagRule("on", Percentage: 10)), new Precondition(IsNew: true));
        Assert.That((isNew, made.Salt.Length), Is.EqualTo((true, 16)));
        Assert.That(await RefusedAsync(() => SetAsync("demo", "a", Boolean(), new Precondition(IsNew: true))), Is.EqualTo("flag_exists"));
        var (changed, isNewer) = await SetAsync("demo", "a", Boolean(new FlagRule("on", Percentage: 20)), new Precondition(made.Version));
        Assert.That((isNewer, changed.Salt, changed.Version == made.Version), Is.EqualTo((false, made.Salt, false)), "who was in stays in");
        Assert.That(await RefusedAsync(() => SetAsync("demo", "a", Boolean(), new Precondition(made.Version))), Is.EqualTo("flag_changed"));
        Assert.That(await RefusedAsync(() => SetAsync("demo", "b", Boolean(), new Precondition(MustExist: true))), Is.EqualTo("flag_changed"));
        Assert.That(await RefusedAsync(() => DeleteAsync("demo", "a", new Precondition(made.Version))), Is.EqualTo("flag_changed"));
        Assert.That(await DeleteAsync("other", "a", default), Is.False, "another store's");
        Assert.That(await DeleteAsync("demo", "a", new Precondition(changed.Version)));
        Assert.That(await DeleteAsync("demo", "a", default), Is.False);
        var entries = await new AuditLog(Control).ListAsync(new AuditFilter(Action: "feature_flag."), long.MaxValue, 10);
        Assert.That(entries.Select(entry => (entry.Event.Action, entry.Event.Target, entry.Event.Store, entry.Event.Actor)), Is.EqualTo(new[]
        {
            ("feature_flag.delete", "feature_flag:a", "demo", "user:1"), ("feature_flag.change", "feature_flag:a", "demo", "user:1"), ("feature_flag.add", "feature_flag:a", "demo", "user:1"),
        }));
    }

    [Test]
    public async Task Another_engine_sees_a_change_and_a_stores_own_flag_replaces_a_shared_one()
    {
        var other = await OpenAsync();
        var directory = new FlagDirectory(other);
        directory.Follow();
        await other.Changes.StartAsync();
        await SetAsync("", "a", Boolean());
        await SetAsync("", "b", Boolean() with { VisibleToClients = true });
        await SetAsync("demo", "a", Boolean(new FlagRule("on")));
        await other.Changes.RefreshAsync();

        Assert.That(directory.OfStore("demo").All.Select(flag => (flag.Key, flag.IsShared)), Is.EqualTo(new[] { ("a", false), ("b", true) }));
        Assert.That(directory.OfStore("eu").All.Select(flag => (flag.Key, flag.IsShared)), Is.EqualTo(new[] { ("a", true), ("b", true) }));
        Assert.That(directory.OfStore("demo").Visible.Select(flag => flag.Key), Is.EqualTo(new[] { "b" }));
        Assert.That(directory.OfStore("demo").Find("a", isClient: true), Is.Null);
        Assert.That(directory.OfStore("demo").Find("a", isClient: false)!.Rules[0].Variant, Is.EqualTo("on"), "the definition is read back");
        await DeleteAsync("demo", "a", default);
        await other.Changes.RefreshAsync();
        Assert.That(directory.OfStore("demo").Find("a", isClient: false)!.IsShared);
    }

    [Test]
    public async Task Number_and_size_of_flags_are_bounded()
    {
        await Control.WriteAsync(async session =>
        {
            for (var i = 0; i < FlagStore.Limits.PerStore; i++)
            {
                await session.RunAsync($"""
                    INSERT INTO feature_flags (store, key, version, salt, definition, bytes, updated_at, updated_by)
                    VALUES ('demo', {$"f{i}"}, 'v', 's', {Definition}, 10, 0, 'cli')
                    """);
            }
        });

        Assert.That(await RefusedAsync(() => SetAsync("demo", "more", Boolean())), Is.EqualTo("too_many_flags"));
        await SetAsync("demo", "f0", Boolean(new FlagRule("on")));
        await SetAsync("other", "more", Boolean());
        var large = Boolean([.. Enumerable.Range(0, 32).Select(i => new FlagRule("on", Conditions:
            [.. Enumerable.Range(0, 16).Select(j => new TargetingCondition(Attribute: new string('a', 128), EqualTo: Value($"\"{i}-{j}\"")))]))]);
        Assert.That(await RefusedAsync(() => SetAsync("other", "large", large)), Is.EqualTo("too_many_flags"));
    }

    Task<(FeatureFlag Flag, bool IsNew)> SetAsync(string store, string key, FlagDefinition definition, Precondition expected = default) =>
        _flags.SetAsync(store, key, definition, expected, "user:1", address: null);

    Task<bool> DeleteAsync(string store, string key, Precondition expected) => _flags.DeleteAsync(store, key, expected, "user:1", address: null);

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
