using CommandLine;

namespace CartRecovery.Host.Commands.Monitoring;

[Verb("alerts", HelpText = "Check alert rules, or run their tests in virtual time.")]
sealed class AlertsOptions
{
    [Value(0, Required = true, MetaName = "check|test",
        HelpText = "check: print every mistake of rule files with its line and column. test: run test files, those of 'promtool test rules' too.")]
    public string Action { get; set; } = "";

    [Value(1, Required = true, MetaName = "FILE...", HelpText = "Rule files, or test files.")]
    public IEnumerable<string> Files { get; set; } = [];
}
