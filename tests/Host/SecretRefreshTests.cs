using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting;

/// <summary>Secrets that are read again on a schedule.</summary>
public sealed class SecretRefreshTests
{
    [Test]
    public async Task A_secret_that_changed_where_it_is_comes_into_force_by_itself()
    {
        var (key, loads) = ("sk_first_0123456789abcdef", 0);
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Secrets.Refresh = Duration.FromMilliseconds(1);
            config.Stores[0].Keys.Add(InProcessEngine.Key(Volatile.Read(ref key), KeyKind.Secret));
        });
        engine.Watch(_ => { }, () => Interlocked.Increment(ref loads));
        await Eventually.Is(() => Volatile.Read(ref loads) >= 2, "two refreshes");
        Assert.That(await ReloadsAsync(engine), Is.Zero, "nothing changed, so there is nothing to say");

        Volatile.Write(ref key, "sk_other_0123456789abcdef");

        await Eventually.Is(() => engine.Host.Stores.FindKey("sk_other_0123456789abcdef") is not null, "the new key is in force");
        Assert.That(engine.Host.Stores.FindKey("sk_first_0123456789abcdef"), Is.Null);
        await Eventually.Is(() => ReloadsAsync(engine).GetAwaiter().GetResult() == 1, "it is in the audit log");
    }

    static async Task<int> ReloadsAsync(InProcessEngine engine) =>
        (await new AuditLog(engine.Host.Control).ListAsync(new AuditFilter(Action: "config.reload"), long.MaxValue, limit: 10)).Count;
}
