using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Host.Output;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Data;

/// <summary>
/// Numbers the stores and the campaigns at a start. The data folder records new numbers only once its state is recovered: a start that fails leaves nothing
/// behind. Without a journal, no number outlives the process, and the folder's are not touched.
/// </summary>
sealed partial class FolderNumbering
{
    readonly DataFolder _data;
    readonly bool _isRecorded;
    StoreRegistry _registry;
    readonly ILogger _log;
    readonly SealingSecret? _sealing;

    /// <summary>Reads the data folder's numbers and compiles the stores.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="keys">The folder's keys; <see langword="null"/> if it has none.</param>
    /// <param name="log">Receives warnings.</param>
    /// <exception cref="DataFolderException">The numbers are damaged or missing, or all are taken.</exception>
    public FolderNumbering(DataFolder data, CartRecoveryConfig config, KeyVault? keys, ILogger log)
    {
        _data = data;
        _sealing = data.Format.SealingOf(keys);
        _log = log;
        _isRecorded = config.Journal.Enabled;
        _registry = _isRecorded ? data.NumberStores(config) : StoreCompiler.Register(config.Stores, StoreRegistry.Empty);
        Stores = StoreCompiler.Compile(config.Stores, _registry, data.Use(data.IdSecret), _sealing);
        Campaigns = new CampaignNumbering(data, config, log);
        LogCountries.Add(Stores.All.Select(store => store.Country));
    }

    /// <summary>The stores with their numbers.</summary>
    public StoreDirectory Stores { get; }

    /// <summary>The campaigns' numbers.</summary>
    public CampaignNumbering Campaigns { get; }

    /// <summary>Records the numbers. Call after the recovery, and before the first event.</summary>
    /// <exception cref="DataFolderException">They cannot be written.</exception>
    public void Save(DecisionsConfig decisions)
    {
        Campaigns.Save(decisions);
        if (!_isRecorded)
        {
            return;
        }

        _data.SaveStores(_registry);
        if (Stores.All.Where(store => store.IsRemoved).Select(store => store.Id).ToArray() is { Length: > 0 } removed)
        {
            LogRemoved(string.Join(", ", removed));
        }
    }

    /// <summary>Numbers and compiles the stores of a new configuration. Changes nothing.</summary>
    /// <exception cref="InvalidDataException">There are too many stores.</exception>
    public (StoreRegistry Registry, StoreDirectory Directory) Prepare(CartRecoveryConfig config)
    {
        var registry = StoreCompiler.Register(config.Stores, _registry);
        return (registry, StoreCompiler.Compile(config.Stores, registry, _data.Use(_data.IdSecret), _sealing).MergeInto(Stores));
    }

    /// <summary>Records the numbers of prepared stores and of campaigns, before <see cref="Update"/>.</summary>
    /// <exception cref="DataFolderException">They cannot be written.</exception>
    public void Save(StoreRegistry registry, DecisionsConfig decisions)
    {
        Campaigns.Save(decisions);
        if (_isRecorded)
        {
            _data.SaveStores(registry);
        }

        _registry = registry;
    }

    /// <summary>Replaces the stores with prepared ones.</summary>
    public void Update(StoreDirectory directory)
    {
        LogCountries.Add(directory.All.Select(store => store.Country));
        Stores.Update(directory);
    }

    [LoggerMessage(EventName = "stores_removed", Level = LogLevel.Information,
        Message = "Stores that are not configured keep their carts, and nothing is sent for them: {Stores}")]
    partial void LogRemoved(string stores);
}
