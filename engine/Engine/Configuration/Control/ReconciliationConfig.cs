namespace CartRecovery.Engine.Configuration.Control;

/// <summary>The lists of orders and carts that the job 'reconciliation' compares.</summary>
public sealed class ReconciliationConfig
{
    [ConfigKey("The folder with a folder for each store, in which the shop puts lists of its orders and carts. Default: the job does nothing.", Example = "/var/lib/shop/orders")]
    public string? From { get; set; }

    [ConfigKey("Whether orders that the engine does not have are sent to it as events.")]
    public bool Repair { get; set; }
}
