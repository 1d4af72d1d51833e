using CommandLine;

namespace CartRecovery.Host.Commands.Maintenance;

[Verb("models", HelpText = "Fit the purchase model to a shop's log; register versions of models, compare them, and choose which one decides, while the engine runs or not.")]
sealed class ModelsOptions : ConfigOptions
{
    [Value(0, Required = true, MetaName = "fit|list|add|show|diff|alias|rollback|history|delete",
        HelpText = "fit: fit the purchase model to a log, and write its card. list: print the registered versions. add: register an ONNX file, or an MLflow model's folder. show: print one. "
        + "diff: compare two. alias: move an alias to a version. rollback: move an alias to its former version. history: print the moves of a model's aliases. delete: delete a version.")]
    public string Action { get; set; } = "";

    [Value(1, MetaName = "MODEL", HelpText = "A version, as name@hash or name@alias. With list, rollback and history: the model's name. With add: the file or folder. With alias: the alias.")]
    public string? Target { get; set; }

    [Value(2, MetaName = "VERSION", HelpText = "With alias: the version; empty to remove the alias. With diff: the version to compare with. Default: the champion.")]
    public string? Version { get; set; }

    [Option("events", MetaValue = "FILE", Default = "config/demo/rees46-2019-10-01.csv.gz",
        HelpText = "With fit: the log in REES46 format, .csv or .csv.gz.")]
    public string Events { get; set; } = "";

    [Option("out", MetaValue = "FILE", Default = "config/models/purchase.onnx",
        HelpText = "With fit: the model file to write. Its card is written next to it as .md, with pictures.")]
    public string Out { get; set; } = "";

    [Option("against", MetaValue = "FILE", HelpText = "With fit: write the model only if it beats this one on the held-out rows, by more than chance.")]
    public string? Against { get; set; }

    [Option("model-version", MetaValue = "TEXT", Default = "1", HelpText = "With fit: the version that interventions and metrics show.")]
    public string ModelVersion { get; set; } = "";

    [Option("name", MetaValue = "NAME", HelpText = "With add: the name in the registry. Default: the one that the file declares. With alias '' and rollback: the model.")]
    public string? Name { get; set; }

    [Option("features", MetaValue = "LIST", HelpText = "With add: the features in the order of the input, with commas between, for a file that declares none.")]
    public string? Features { get; set; }

    [Option("metrics", MetaValue = "LIST", HelpText = "With add: its measures, as auc=0.71,log_loss=0.12.")]
    public string? Metrics { get; set; }

    [Option("parent", MetaValue = "ID", HelpText = "With add: the version that it was derived from.")]
    public string? Parent { get; set; }

    [Option("licence", MetaValue = "TEXT", HelpText = "With add: its licence.")]
    public string? Licence { get; set; }

    [Option("card", MetaValue = "FILE", HelpText = "With add: its card, in Markdown. Default: the file beside it as .md, if there is one.")]
    public string? Card { get; set; }

    [Option("alias", MetaValue = "ALIAS", Default = "champion", HelpText = "With rollback: the alias.")]
    public string Alias { get; set; } = "";

    [Option("expected", MetaValue = "ID", HelpText = "With alias: move it only if it names this version now.")]
    public string? Expected { get; set; }

    [Option("why", MetaValue = "TEXT", HelpText = "With alias and rollback: the reason, for the history.")]
    public string? Why { get; set; }
}
