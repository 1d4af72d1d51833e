namespace CartRecovery.Engine.Configuration.Security;

/// <summary>Who a client's certificate stands for: roles, or a store's key.</summary>
public sealed class ClientIdentityConfig
{
    [ConfigKey("The roles, as ROLE or ROLE@STORE, with commas between. For the HTTP port.", Example = "operator@shop")]
    public string? Roles { get; set; }

    [ConfigKey("The store's key that the certificate stands for: one of stores[].keys[].key. For both ports.", IsSecret = true, Example = "${SHOP_KEY}")]
    public string? Key { get; set; }

    [ConfigKey("The authorities that may sign for this identity: a PEM file, relative to the folder of the configuration file. They are in the chain of clients.ca, or below it. "
        + "Default: any of clients.ca.", Reloads = true, Example = "tls/partner-ca.pem")]
    public string? Ca { get; set; }
}
