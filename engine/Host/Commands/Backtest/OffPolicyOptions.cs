using CommandLine;

namespace CartRecovery.Host.Commands.Backtest;

[Verb("offpolicy", HelpText = "Estimate from randomised choices what another policy would have earned (off-policy evaluation).")]
sealed class OffPolicyOptions
{
    [Option("log", MetaValue = "FILE",
        HelpText = "A CSV file with the columns action, propensity (the probability of that action) and reward. All other columns are features.")]
    public string? Log { get; set; }

    [Option("from-outreach", MetaValue = "FOLDER", HelpText = "A data folder: the engine's own choices among offers, with the journey's revenue as the reward.")]
    public string? FromOutreach { get; set; }

    [Option("policy", Default = "all", MetaValue = "ACTION", HelpText = "Evaluate only the policy that always chooses this action.")]
    public string Policy { get; set; } = "";

    [Option("uplift", MetaValue = "ACTION", HelpText = "Also fit an uplift model of this action and print its Qini coefficient. Rewards must be 0 or 1.")]
    public string? Uplift { get; set; }

    [Option("against", MetaValue = "ACTION", HelpText = "The action to compare --uplift with.")]
    public string? Against { get; set; }

    [Option("card", MetaValue = "FILE", HelpText = "Also write a card of the uplift model in Markdown, and its Qini curve as SVG beside it.")]
    public string? Card { get; set; }

    [Option("segments", MetaValue = "COLUMNS", HelpText = "Also measure the uplift and its model in parts of the rows, by the values of these columns, with commas between them. Requires --uplift.")]
    public string? Segments { get; set; }
}
