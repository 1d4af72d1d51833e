using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Settings;
using CartRecovery.Host.Settings;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Settings;

/// <summary>What becomes of settings at a start, in several engines, and when they do not fit the file.</summary>
public sealed class SettingsStartTests
{
    static readonly SettingsAuthor s_author = new("user:1", "");

    [Test]
    public async Task Settings_apply_at_the_start_and_invalid_ones_do_not_prevent_it()
    {
        using var scratch = new Scratch();
        var config = FileEngine.ConfigOf(scratch);
        await using (var engine = await FileEngine.StartAsync(config.WriteTo(scratch)))
        {
            await engine.Host.Settings.ChangeAsync(new SettingsEdit(SettingsEdit.Set, "limits.batch", 71), s_author);
        }

        await using (var engine = await FileEngine.StartAsync(config.WriteTo(scratch)))
        {
            Assert.That((engine.Host.Ingest.MaxBatch, engine.Host.Settings.InForce), Is.EqualTo((71, 1)));
        }

        await using (var engine = await FileEngine.StartAsync((config with { Durability = "settings: { pinned: [limits.batch] }" }).WriteTo(scratch)))
        {
            Assert.That((engine.Host.Ingest.MaxBatch, engine.Host.Settings.InForce, engine.Host.Settings.Head.Number), Is.EqualTo((2500, 0, 1)), "the file alone");
            Assert.That(engine.Host.Settings.Problem, Does.Contain("settings: limits.batch: error: the file pins limits.batch"));
            await engine.Host.Settings.ChangeAsync(new SettingsEdit(SettingsEdit.Remove, "limits.batch"), s_author);
            Assert.That((engine.Host.Settings.InForce, engine.Host.Settings.Problem), Is.EqualTo((2L, (string?)null)), "what did not fit is taken back");
        }
    }

    [Test]
    public async Task A_version_that_another_program_makes_is_followed()
    {
        using var scratch = new Scratch();
        await using var engine = await FileEngine.StartAsync(FileEngine.ConfigOf(scratch).WriteTo(scratch));
        var store = engine.Host.Settings.Store;

        await store.AddAsync(new SettingsWrite(0, """{"limits":{"batch":72}}""", "[]", "config.change", "limits.batch", "cli", ""));
        await Eventually.Is(() => engine.Host.Ingest.MaxBatch == 72 && engine.Host.Settings.InForce == 1, "it is in force");
        await store.AddAsync(new SettingsWrite(1, """{"limits":{"batch":0}}""", "[]", "config.change", "limits.batch", "cli", ""));
        await Eventually.Is(() => engine.Host.Settings.Problem is not null, "a wrong one is reported");
        Assert.That(engine.Host.Settings.Problem, Does.StartWith("version 2 is not in force: settings: limits.batch: error:"));
        Assert.That((engine.Host.Ingest.MaxBatch, engine.Host.Settings.InForce), Is.EqualTo((72, 1L)));
    }

    [Test]
    public async Task Engines_that_share_a_PostgreSQL_follow_each_other()
    {
        var address = await PostgresCluster.CreateDatabaseAsync();
        using var one = new Scratch();
        using var two = new Scratch();
        var shared = $"control: {{ database: \"{address}\" }}\nencryption: {{ key: 0123456789abcdef0123456789abcdef }}";
        await using var first = await FileEngine.StartAsync((FileEngine.ConfigOf(one) with { Durability = shared }).WriteTo(one));
        await using var second = await FileEngine.StartAsync((FileEngine.ConfigOf(two) with { Durability = shared }).WriteTo(two));

        await first.Host.Settings.ChangeAsync(new SettingsEdit(SettingsEdit.Set, "limits.batch", 73), s_author);
        await Eventually.Is(() => second.Host.Ingest.MaxBatch == 73, "the other follows");
        Assert.That(async () => await second.Host.Settings.ChangeAsync(new SettingsEdit(SettingsEdit.Set, "limits.batch", 74), s_author, expected: 0),
            Throws.TypeOf<SettingsException>().With.Property(nameof(SettingsException.Code)).EqualTo("version_changed"));
        await Task.WhenAll(Enumerable.Range(80, 4).SelectMany(batch => new[] { first, second }.Select(engine => ChangeAsync(engine, batch))));
        await Eventually.Is(() => first.Host.Ingest.MaxBatch == second.Host.Ingest.MaxBatch && first.Host.Settings.InForce == second.Host.Settings.InForce, "both end with the same");
        Assert.That(first.Host.Settings.InForce, Is.EqualTo(first.Host.Settings.Head.Number).And.GreaterThan(1));
    }

    [Test]
    public async Task A_version_that_cannot_be_stored_is_not_in_force()
    {
        using var scratch = new Scratch();
        await using var engine = await FileEngine.StartAsync(FileEngine.ConfigOf(scratch).WriteTo(scratch));
        await engine.Host.Control.WriteAsync(session => session.RunAsync($"ALTER TABLE settings_versions RENAME COLUMN overlay TO moved"));
        Assert.That(async () => await engine.Host.Settings.ChangeAsync(new SettingsEdit(SettingsEdit.Set, "limits.batch", 75), s_author), Throws.TypeOf<ControlDatabaseException>());
        Assert.That(engine.Host.Ingest.MaxBatch, Is.EqualTo(2500));
    }

    static async Task ChangeAsync(InProcessEngine engine, int batch)
    {
        try
        {
            await engine.Host.Settings.ChangeAsync(new SettingsEdit(SettingsEdit.Set, "limits.batch", batch), s_author);
        }
        catch (SettingsException e) when (e.Code == LiveSettings.VersionChanged)
        {
            // The other engine was first.
        }
    }
}
