using System.Reflection;
using CartRecovery.Contracts;
using CartRecovery.Plugins;

namespace CartRecovery.Tests.Plugins;

sealed class PluginLayeringTests
{
    static readonly Type[] Plugins = [typeof(ConsoleSink), typeof(FileSink), typeof(WebhookSink)];

    [TestCaseSource(nameof(Plugins))]
    public void A_plugin_depends_on_the_contracts_alone(Type plugin)
    {
        var references = plugin.Assembly.GetReferencedAssemblies().Select(name => name.Name!)
            .Where(name => !name.StartsWith("System.", StringComparison.Ordinal));
        Assert.That(references, Is.EqualTo(new[] { "CartRecovery.Contracts" }));
    }

    [TestCaseSource(nameof(Plugins))]
    public void A_plugin_is_in_the_hosts_catalog_once(Type plugin)
    {
        var spec = (SinkSpec)plugin.GetProperty("Spec", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
        Assert.That(Host.SinkCatalog.All.Count(other => other.Type == spec.Type), Is.EqualTo(1));
        Assert.That(spec.Options, Has.All.Matches<SinkOption>(option => option.Description.EndsWith('.')));
    }
}
