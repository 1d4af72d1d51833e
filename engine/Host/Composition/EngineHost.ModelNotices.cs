using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.Models;
using CartRecovery.Host.Jobs;
using CartRecovery.Host.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <content>Says which version serves, and who moved an alias.</content>
sealed partial class EngineHost
{
    // Says what serves: to requests, to /health and, by a file, to commands. Moves: the number of the last move that was followed; null as before.
    void PublishServing(string version, string? problem, long? moves)
    {
        (ServedVersion, ModelsProblem) = (version.Length == 0 ? null : version, problem);
        _modelRetry = problem is null ? TimeSpan.Zero : _modelRetry;
        try
        {
            _publishedMoves = moves ?? _publishedMoves;
            new ServingStatusFile(ModelName, version, problem, _publishedMoves).Write(_data.Files.Models);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // For commands only: they then report that the engine has not answered.
            LogNotNoted(e.Message);
        }
    }

    // Announces the moves since the last look, the oldest first, whoever made them.
    void AnnounceMoves()
    {
        try
        {
            var history = ModelRegistry.History(ModelName);
            foreach (var change in history.TakeWhile(change => change.Number > (_announcedMoves ?? long.MaxValue)).Reverse())
            {
                Announce(change);
            }

            _announcedMoves = history.Count > 0 ? history[0].Number : 0;
        }
        catch (ModelRegistryException)
        {
            // What is wrong with the aliases is reported by who follows them.
        }
    }

    void Announce(ModelAliasChange change)
    {
        // The first model of a configuration is no news.
        if (!ModelAlias.Serves(change.Alias) || (change.From is null && change.By == AuditEvent.Engine))
        {
            return;
        }

        LogChampionMoved($"{ModelRegistry.NameOf(change.To ?? change.From!)}@{change.Alias}", change.To ?? "nothing", change.By);
        _app.Services.GetRequiredService<Notices>().TrySend(
            $"CartRecovery: the model's alias {change.Alias} was moved",
            $"{change.Alias} is {change.To ?? "no version"} now; it was {change.From ?? "no version"}.\n"
            + $"Moved by {change.By}{(change.Why.Length > 0 ? $": {change.Why}" : "")}\n\n"
            + "cartrecovery models rollback moves the champion back.");
    }

    [LoggerMessage(EventName = "model_alias_moved", Level = LogLevel.Information, Message = "{Alias} is {Version} now, moved by {Actor}")]
    partial void LogChampionMoved(string alias, string version, string actor);

    [LoggerMessage(EventName = "model_champion_not_served", Level = LogLevel.Error, Message = "The champion cannot serve: {Problem}. {Model} goes on")]
    partial void LogChampionNotServed(string problem, string model);

    [LoggerMessage(EventName = "model_note_not_written", Level = LogLevel.Warning, Message = "Commands cannot see which model serves: {Problem}")]
    partial void LogNotNoted(string problem);
}
