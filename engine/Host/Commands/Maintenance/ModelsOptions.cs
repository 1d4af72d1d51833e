using CommandLine;

namespace CartRecovery.Host.Commands.Maintenance;

[Verb("models", HelpText = "Fit the purchase model to a shop's log and write its model card.")]
sealed class ModelsOptions
{
    [Value(0, Required = true, MetaName = "fit", HelpText = "The action: fit.")]
    public string Action { get; set; } = "";

    [Option("events", MetaValue = "FILE", Default = "config/demo/rees46-2019-10-01.csv.gz",
        HelpText = "The log in REES46 format, .csv or .csv.gz.")]
    public string Events { get; set; } = "";

    [Option("out", MetaValue = "FILE", Default = "config/models/purchase.onnx",
        HelpText = "The model file to write. Its card is written next to it as .md.")]
    public string Out { get; set; } = "";

    [Option("model-version", MetaValue = "TEXT", Default = "1", HelpText = "The version that interventions and metrics show.")]
    public string ModelVersion { get; set; } = "";
}
