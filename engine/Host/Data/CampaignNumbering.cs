using System.Text;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Decisions;
using CartRecovery.Primitives;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Data;

/// <summary>
/// The numbers of the campaigns, and the data folder's file of them. A damaged or missing file costs a window of the conditional decisions at most: it begins
/// anew with the campaigns' places, as before there was one.
/// </summary>
sealed partial class CampaignNumbering
{
    /// <summary>The file's name.</summary>
    public const string Name = "campaign-numbers";

    readonly DataFolder _data;
    readonly bool _isRecorded;
    readonly ILogger _log;
    CampaignNumbers _numbers;

    /// <summary>Reads the data folder's numbers.</summary>
    public CampaignNumbering(DataFolder data, CartRecoveryConfig config, ILogger log)
    {
        (_data, _log, _isRecorded) = (data, log, config.Journal.Enabled);
        _numbers = _isRecorded ? Read(data.Path, LogDamaged) : CampaignNumbers.Empty;
    }

    /// <summary>Returns the campaigns' numbers. Changes nothing.</summary>
    public CampaignNumbers Of(DecisionsConfig decisions) => _numbers.With(decisions.Campaigns.Select(campaign => campaign.Name));

    /// <summary>Records the campaigns' numbers. Until then, no record may name a new campaign.</summary>
    /// <exception cref="DataFolderException">They cannot be written.</exception>
    public void Save(DecisionsConfig decisions)
    {
        var numbers = Of(decisions);
        if (_isRecorded)
        {
            _data.Use(() => Write(numbers.ToString()));
        }

        _numbers = numbers;
    }

    /// <summary>Reads a data folder's numbers without locking it.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="onDamage">Receives what is wrong with the file.</param>
    public static CampaignNumbers Read(string folder, Action<string>? onDamage = null)
    {
        try
        {
            return Text(folder) is { } text ? CampaignNumbers.Parse(text) : CampaignNumbers.Empty;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            onDamage?.Invoke($"{Path.Combine(folder, Name)}: {e.Message}");
            return CampaignNumbers.Empty;
        }
    }

    bool Write(string text)
    {
        var isNew = text != Text(_data.Path);
        if (isNew)
        {
            DurableFile.Write(Path.Combine(_data.Path, Name), Encoding.UTF8.GetBytes(text));
        }

        return isNew;
    }

    static string? Text(string folder) => Path.Combine(folder, Name) is var file && File.Exists(file) ? File.ReadAllText(file) : null;

    [LoggerMessage(EventName = "campaign_numbers_damaged", Level = LogLevel.Warning,
        Message = "The campaigns are numbered anew, so one of them may be decided twice or not at all for a cart within the window: {Problem}")]
    partial void LogDamaged(string problem);
}
