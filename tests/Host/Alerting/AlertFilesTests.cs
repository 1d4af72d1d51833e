using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Monitoring.Rules;
using CartRecovery.Host.Alerting;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Alerting;

/// <summary>The files of alerting as the configuration names them.</summary>
public sealed class AlertFilesTests
{
    [Test]
    public void Rules_of_shipped_files_are_turned_off_by_their_names_and_unknown_names_are_problems()
    {
        var config = new CartRecoveryConfig();
        config.Monitoring.Alerts.Rules = [Path.Combine(Repository.Root, "config", "prometheus", "alerts.yml")];
        config.Monitoring.Alerts.Disabled = ["CartRecoveryCpuHigh", "CartRecoveryCpuHihg"];
        List<ConfigProblem> problems = [];

        var rules = new AlertFiles(config, TimeProvider.System).ReadRules(problems).Single().Groups.SelectMany(group => group.Rules).OfType<AlertRule>().ToList();

        Assert.That(rules.Where(rule => !rule.Enabled).Select(rule => rule.Name), Is.EqualTo(new[] { "CartRecoveryCpuHigh" }));
        Assert.That(rules, Has.Count.GreaterThan(20));
        Assert.That(problems.Single().ToString(), Does.Contain("monitoring.alerts.disabled: there is no alert \"CartRecoveryCpuHihg\""));
    }

    [Test]
    public void A_recording_rule_is_no_alert_that_could_be_turned_off()
    {
        var folder = Directory.CreateTempSubdirectory("cartrecovery-rules");
        try
        {
            var file = Path.Combine(folder.FullName, "rules.yml");
            File.WriteAllText(file, "groups:\n  - name: shop\n    rules:\n      - record: shop:orders\n        expr: sum(up)\n");
            var config = new CartRecoveryConfig();
            config.Monitoring.Alerts.Rules = [file];
            config.Monitoring.Alerts.Disabled = ["shop:orders"];
            List<ConfigProblem> problems = [];

            new AlertFiles(config, TimeProvider.System).ReadRules(problems);

            Assert.That(problems.Single().ToString(), Does.Contain("there is no alert \"shop:orders\""));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
