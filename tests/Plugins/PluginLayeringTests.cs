using System.Reflection;
using CartRecovery.Contracts;
using CartRecovery.Host.Composition;
using CartRecovery.Plugins;

namespace CartRecovery.Tests.Plugins;

sealed class PluginLayeringTests
{
    static readonly Type[] s_plugins =
    [
        typeof(ConsoleSink), typeof(FileSink), typeof(WebhookSink), typeof(EmailSink), typeof(SmsSink), typeof(PushSink), typeof(SlackSink), typeof(ExecSink),
    ];

    // The shared base of HTTP sinks, and the SMTP library.
    static readonly string[] s_libraries = ["CartRecovery.Plugins.Http", "MailKit", "MimeKit"];

    [TestCaseSource(nameof(s_plugins))]
    public void A_plugin_depends_only_on_the_contracts(Type plugin)
    {
        var references = plugin.Assembly.GetReferencedAssemblies().Select(name => name.Name!)
            .Where(name => !name.StartsWith("System.", StringComparison.Ordinal) && name != "Microsoft.Win32.Primitives" && !s_libraries.Contains(name));
        Assert.That(references, Is.EqualTo(new[] { "CartRecovery.Contracts" }));
    }

    [Test]
    public void The_catalog_lists_exactly_these_plugins() => Assert.That(SinkCatalog.All, Has.Count.EqualTo(s_plugins.Length));

    [TestCaseSource(nameof(s_plugins))]
    public void A_plugin_is_in_the_hosts_catalog_once(Type plugin)
    {
        var spec = (SinkSpec)plugin.GetProperty("Spec", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
        Assert.That(SinkCatalog.All.Count(other => other.Type == spec.Type), Is.EqualTo(1));
        Assert.That(spec.Options, Has.All.Matches<SinkOption>(option => option!.Description.EndsWith('.')));
    }
}
