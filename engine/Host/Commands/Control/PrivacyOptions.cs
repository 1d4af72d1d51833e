using CommandLine;

namespace CartRecovery.Host.Commands.Control;

[Verb("privacy", HelpText = "Erase people's data, follow the requests, and verify receipts.")]
sealed class PrivacyOptions : ConfigOptions
{
    [Value(0, Required = true, MetaName = "forget|lift|export|status|list|verify|folders|unregister", HelpText = "forget: ask the engine to erase a person and to refuse their events. lift: accept an erased person's events again. "
        + "export: write all data that the running engine has of a person. status: print a request. list: print a store's requests. verify: verify a receipt's signature and print its content. "
        + "folders: list the data folders whose engines share the control database. unregister: wait no longer for an engine whose data folder is deleted.")]
    public string Action { get; set; } = "";

    [Value(1, MetaName = "USER|REQUEST|RECEIPT|FOLDER", HelpText = "With forget, lift and export: the customer's id. With status: the request's id. With verify: the receipt, or a file with it. With unregister: the data folder's id.")]
    public string? Subject { get; set; }

    [Option("store", MetaValue = "STORE", HelpText = "The store. Optional if there is only one.")]
    public string? Store { get; set; }

    [Option("mode", Default = "delete", MetaValue = "MODE", HelpText = "With forget: delete everything, or anonymise: amounts and days of orders stay for reports.")]
    public string Mode { get; set; } = "";

    [Option("reason", MetaValue = "TEXT", HelpText = "With forget: the reason, such as a ticket's number. It must not name the person.")]
    public string? Reason { get; set; }

    [Option("format", Default = "json", MetaValue = "FORMAT", HelpText = "With export: json, one document; or zip, an archive with a file for each kind of data.")]
    public string Format { get; set; } = "";

    [Option("out", MetaValue = "FILE", HelpText = "With export: the file. Default: standard output.")]
    public string? Out { get; set; }

    [Option("key", MetaValue = "BASE64", HelpText = "With verify: the public key, as an earlier verify printed it. Default: the keys in the control database.")]
    public string? Key { get; set; }

    [Option("limit", Default = 100, MetaValue = "N", HelpText = "With list: maximum number of requests.")]
    public int Limit { get; set; }

    [Option("json", HelpText = "With status and list: print JSON, one object a line.")]
    public bool Json { get; set; }
}
