using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Host.Composition;

namespace CartRecovery.Tests.Hosting;

/// <summary>The keys that the audit log names of a reload.</summary>
public sealed class ConfigReloadNamesTests
{
    [Test]
    public void Names_fit_into_an_entry()
    {
        Assert.That(ConfigReload.NamesOf([]), Is.Empty);
        Assert.That(ConfigReload.NamesOf(["log.level", "model"]), Is.EqualTo("log.level, model"));
        Assert.That(ConfigReload.NamesOf([.. Enumerable.Range(0, 30).Select(i => $"k{i}")]).Split(", "), Has.Length.EqualTo(20));
        var names = ConfigReload.NamesOf([.. Enumerable.Repeat($"campaigns.{new string('é', 500)}", 20)]);
        Assert.That(System.Text.Json.JsonEncodedText.Encode(names).ToString(), Has.Length.LessThan(AuditLog.MaxDetails - 60).And.Length.GreaterThan(500));
    }
}
