using System.Globalization;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Host.Composition;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api;

/// <summary><c>/v1/deadletters</c>: a store's events that could not be used. Secret keys alone see them, and only their own store's.</summary>
sealed class DeadLettersApi(EngineHost host)
{
    const int UsualPage = 100, LargestPage = 1000;

    public async Task ListAsync(HttpContext context)
    {
        if (await ApiRoutes.AdmitAsync(context, host.Stores, secretOnly: true) is not { } key)
        {
            return;
        }

        var query = context.Request.Query;
        if (!QueryNumbers.TryRead(query["after"], 0, 0, long.MaxValue, out var after) || !QueryNumbers.TryRead(query["limit"], UsualPage, 1, LargestPage, out var limit)
            || !DeadLetterJson.TryParseState(query["state"] is [{ } named] ? named : "waiting", out var state))
        {
            await Answer.ProblemAsync(context, new Problem(400, "out_of_range",
                $"'after' is a letter's number, 'limit' is from 1 to {LargestPage}, 'state' is waiting, replayed, dropped or all."));
            return;
        }

        string? code = query["code"] is [{ } wanted] ? wanted : null;
        var letters = host.DeadLetters.Read(after)
            .Where(l => l.Store == key.Store.Id && (code is null || l.Code == code) && (state is null || l.Mark.State == state))
            .Take((int)limit + 1).ToList();
        await Answer.JsonAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("deadletters"u8);
            foreach (var letter in letters.Take((int)limit))
            {
                DeadLetterJson.Write(writer, letter, whole: false);
            }

            writer.WriteEndArray();
            if (letters.Count > limit)
            {
                writer.WriteNumber("next"u8, letters[(int)limit - 1].Id);
            }
            else
            {
                writer.WriteNull("next"u8);
            }

            writer.WriteEndObject();
        });
    }

    public async Task GetAsync(HttpContext context)
    {
        if (await FindAsync(context) is var (_, letter))
        {
            await Answer.JsonAsync(context, StatusCodes.Status200OK, writer => DeadLetterJson.Write(writer, letter, whole: true));
        }
    }

    public async Task RepairAsync(HttpContext context)
    {
        if (await FindAsync(context) is var (store, letter))
        {
            var repair = EventRepair.Of(letter, host.DeadLetterReplay.RulesFor(store, letter));
            await Answer.JsonAsync(context, StatusCodes.Status200OK, writer => DeadLetterJson.Write(writer, letter.Id, repair));
        }
    }

    public async Task ReplayAsync(HttpContext context)
    {
        if (await SelectAsync(context) is not var (store, selection))
        {
            return;
        }

        List<ReplayOutcome> outcomes;
        try
        {
            outcomes = await host.DeadLetterReplay.RunAsync(
                store, () => selection.From(host.DeadLetters, store.Id), selection.Event, context.RequestAborted);
        }
        catch (TimeoutException)
        {
            await Answer.ProblemAsync(context, new Problem(503, "overloaded", "The engine is behind; what was not replayed is kept, so ask again later."));
            return;
        }
        catch (IOException)
        {
            await Answer.ProblemAsync(context, Unwritable);
            return;
        }

        var found = outcomes.Select(o => o.Id).ToHashSet();
        outcomes.AddRange((selection.Ids ?? new HashSet<long>()).Where(id => !found.Contains(id)).Order()
            .Select(id => new ReplayOutcome(id, ReplayOutcome.NotFound)));
        await Answer.JsonAsync(context, StatusCodes.Status200OK, writer => DeadLetterJson.Write(writer, outcomes));
    }

    public async Task DropAsync(HttpContext context)
    {
        if (await SelectAsync(context) is not var (store, selection))
        {
            return;
        }

        var ids = selection.From(host.DeadLetters, store.Id).Where(l => l.Mark.State != DeadLetterState.Dropped).Select(l => l.Id).ToArray();
        if (await TryDropAsync(context, ids))
        {
            await Answer.JsonAsync(context, StatusCodes.Status200OK, writer =>
            {
                writer.WriteStartObject();
                writer.WriteNumber("dropped"u8, ids.Length);
                writer.WriteEndObject();
            });
        }
    }

    public async Task DeleteAsync(HttpContext context)
    {
        if (await FindAsync(context) is var (_, letter) && await TryDropAsync(context, [letter.Id]))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
    }

    static Problem Unwritable => new(503, "disk_failing", "The disk does not take what became of the letters; nothing of it is noted.");

    async Task<bool> TryDropAsync(HttpContext context, long[] ids)
    {
        try
        {
            host.DeadLetters.Mark([.. ids.Select(id => (id, (string?)null))], DeadLetterState.Dropped);
            return true;
        }
        catch (IOException)
        {
            await Answer.ProblemAsync(context, Unwritable);
            return false;
        }
    }

    async Task<(Store Store, DeadLetter Letter)?> FindAsync(HttpContext context)
    {
        if (await ApiRoutes.AdmitAsync(context, host.Stores, secretOnly: true) is not { } key)
        {
            return null;
        }

        var id = long.Parse((string)context.Request.RouteValues["id"]!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (id > 0 && host.DeadLetters.Find(id) is { } letter && letter.Store == key.Store.Id)
        {
            return (key.Store, letter);
        }

        await Answer.ProblemAsync(context, new Problem(404, "deadletter_not_found", "There is no dead letter with this number; old ones go when there is no room."));
        return null;
    }

    async Task<(Store Store, DeadLetterSelection Selection)?> SelectAsync(HttpContext context)
    {
        if (await ApiRoutes.AdmitAsync(context, host.Stores, secretOnly: true) is not { } key
            || await Answer.ReadBodyAsync(context, host.Ingest.MaxMessage) is not { } body)
        {
            return null;
        }

        if (DeadLetterSelection.Read(body, out var selection) is { } problem)
        {
            await Answer.ProblemAsync(context, problem);
            return null;
        }

        return (key.Store, selection);
    }

}
