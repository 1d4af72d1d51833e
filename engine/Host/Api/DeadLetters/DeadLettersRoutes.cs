using System.ComponentModel;
using System.Globalization;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.DeadLetters;

/// <summary><c>/v1/deadletters</c>: a store's events that could not be used.</summary>
static class DeadLettersRoutes
{
    static readonly Problem s_notFound = new(404, "deadletter_not_found", "There is no dead letter with this number; old ones go when there is no room.");
    static readonly Problem s_unwritable = new(503, "disk_failing", "The disk does not take what became of the letters; nothing of it is noted.");
    static readonly Problem s_overloaded = ApiProblems.Overloaded with { Detail = "The engine is behind; what was not replayed is kept, so ask again later." };
    static readonly Problem[] s_selection = [ApiProblems.InvalidJson, ApiProblems.InvalidUtf8, DeadLetterSelection.Invalid];

    static readonly QueryParameter<string> s_state =
        QueryParameters.Choice("state", "Only in this state.", ["waiting", "replayed", "dropped", "all"], "waiting");

    static readonly QueryParameter<string> s_code = QueryParameters.Text("code", "Only refused with this code.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/deadletters", ApiTags.DeadLetters);
        group.MapGet("", List)
            .Describe("listDeadLetters", "List dead letters", "Events that could not be used, the oldest first, with how each begins.")
            .Query(s_state, s_code, QueryParameters.Limit, QueryParameters.Cursor).Produces<ItemPage<DeadLetterItem>>();
        group.MapGet("/{id:long}", Get)
            .Describe("getDeadLetter", "Get a dead letter", "A letter with its whole event: `event`, or `eventBase64` where that is not UTF-8.")
            .Produces<DeadLetterWhole>().Problems(s_notFound);
        group.MapGet("/{id:long}/repair", Repair)
            .Describe("previewDeadLetterRepair", "Preview a repair", "What a repair of the letter would change. It changes nothing.")
            .Produces<DeadLetterRepair>().Problems(s_notFound);
        group.MapPost("/replay", ReplayAsync)
            .Describe("replayDeadLetters", "Replay dead letters", """
                Repairs letters and sends their events through the front door, with the rules of the key that they came with and as of the time they came.
                A letter that was replayed or dropped is left alone, so a replay can be repeated.
                """)
            .Accepts<DeadLetterSelectionBody>("application/json").Produces<DeadLetterReplayAnswer>().Problems([.. s_selection, s_unwritable, s_overloaded]);
        group.MapPost("/drop", DropAsync)
            .Describe("dropDeadLetters", "Drop dead letters", "Marks letters so that no replay takes them.")
            .Accepts<DeadLetterSelectionBody>("application/json").Problems([.. s_selection, s_unwritable]);
        group.MapDelete("/{id:long}", Delete)
            .Describe("dropDeadLetter", "Drop a dead letter", "Marks a letter so that no replay takes it.")
            .Problems(s_notFound, s_unwritable);
    }

    static JsonResult List(Caller caller, RequestQuery query, DeadLetterStore letters)
    {
        _ = DeadLetterJson.TryParseState(query.Of(s_state)!, out var state);
        var code = query.Of(s_code);
        var limit = query.Of(QueryParameters.Limit, QueryParameters.UsualPage);
        var page = letters.Read(Cursors.Read(query.Of(QueryParameters.Cursor)))
            .Where(l => l.Store == caller.Store.Id && (code is null || l.Code == code) && (state is null || l.Mark.State == state))
            .Take(limit + 1).ToList();
        return new JsonResult(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("items"u8);
            foreach (var letter in page.Take(limit))
            {
                DeadLetterJson.Write(writer, letter, whole: false);
            }

            writer.WriteEndArray();
            writer.WriteString("next"u8, page.Count > limit ? page[limit - 1].Id.ToString(CultureInfo.InvariantCulture) : null);
            writer.WriteEndObject();
        });
    }

    static JsonResult Get([Description("The letter's number.")] long id, Caller caller, DeadLetterStore letters)
    {
        var letter = Find(letters, caller.Store, id);
        return new JsonResult(writer => DeadLetterJson.Write(writer, letter, whole: true));
    }

    static JsonResult Repair([Description("The letter's number.")] long id, Caller caller, DeadLetterStore letters, DeadLetterReplay replay)
    {
        var letter = Find(letters, caller.Store, id);
        var repair = EventRepair.Of(letter, replay.RulesFor(caller.Store, letter));
        return new JsonResult(writer => DeadLetterJson.Write(writer, letter.Id, repair));
    }

    static async Task<IResult> ReplayAsync(HttpContext context, Caller caller, DeadLetterStore letters, DeadLetterReplay replay)
    {
        var selection = await ReadAsync(context);
        List<ReplayOutcome> outcomes;
        try
        {
            outcomes = await replay.RunAsync(caller.Store, () => selection.From(letters, caller.Store.Id), selection.Event, context.RequestAborted);
        }
        catch (TimeoutException)
        {
            return s_overloaded.ToResult();
        }
        catch (IOException)
        {
            return s_unwritable.ToResult();
        }

        var found = outcomes.Select(o => o.Id).ToHashSet();
        outcomes.AddRange((selection.Ids ?? new HashSet<long>()).Where(id => !found.Contains(id)).Order()
            .Select(id => new ReplayOutcome(id, ReplayOutcome.NotFound)));
        return new JsonResult(writer => DeadLetterJson.Write(writer, outcomes));
    }

    static async Task<Ok<DroppedLetters>> DropAsync(HttpContext context, Caller caller, DeadLetterStore letters)
    {
        var selection = await ReadAsync(context);
        var ids = selection.From(letters, caller.Store.Id).Where(l => l.Mark.State != DeadLetterState.Dropped).Select(l => l.Id).ToArray();
        Drop(letters, ids);
        return TypedResults.Ok(new DroppedLetters(ids.Length));
    }

    static NoContent Delete([Description("The letter's number.")] long id, Caller caller, DeadLetterStore letters)
    {
        Drop(letters, [Find(letters, caller.Store, id).Id]);
        return TypedResults.NoContent();
    }

    static void Drop(DeadLetterStore letters, long[] ids)
    {
        try
        {
            letters.Mark([.. ids.Select(id => (id, (string?)null))], DeadLetterState.Dropped);
        }
        catch (IOException)
        {
            throw new ProblemException(s_unwritable);
        }
    }

    static DeadLetter Find(DeadLetterStore letters, Store store, long id) =>
        id > 0 && letters.Find(id) is { } letter && letter.Store == store.Id ? letter : throw new ProblemException(s_notFound);

    static async Task<DeadLetterSelection> ReadAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadAsync(context);
        return DeadLetterSelection.Read(body.Bytes, out var selection) is { } problem ? throw new ProblemException(problem) : selection;
    }
}
