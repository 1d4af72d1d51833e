using System.ComponentModel;
using System.Globalization;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Ingest.DeadLetters.Repair;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.DeadLetters;

/// <summary><c>/v1/deadletters</c>: a store's rejected events.</summary>
static class DeadLettersRoutes
{
    static readonly HttpProblem s_notFound = new(404, "deadletter_not_found",
        "No dead letter has this number. The oldest are deleted when the store is full.");
    static readonly HttpProblem s_unwritable = new(503, "disk_failing",
        "The outcome could not be written to disk. Nothing was marked; try again later.");
    static readonly HttpProblem s_overloaded = ApiProblems.Overloaded with { Detail = "The engine is overloaded. Dead letters not yet replayed are kept; try again later." };
    static readonly HttpProblem[] s_selection = [ApiProblems.InvalidJson, ApiProblems.InvalidUtf8, DeadLetterSelection.Invalid];

    static readonly QueryParameter<string> s_state =
        QueryParameters.Choice("state", "Returns only dead letters in this state.", ["waiting", "replayed", "dropped", "all"], "waiting");

    static readonly QueryParameter<string> s_code = QueryParameters.Text("code", "Returns only dead letters rejected with this code.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/deadletters", ApiTags.DeadLetters).WithMetadata(new ShowsPersonalData());
        group.MapGet("", List)
            .Describe("listDeadLetters", "List dead letters", "Rejected events, oldest first, each with a preview of its content.")
            .Query(s_state, s_code, QueryParameters.Limit, QueryParameters.Cursor).Produces<ItemPage<DeadLetterItem>>();
        group.MapGet("/{id:long}", Get)
            .Describe("getDeadLetter", "Get a dead letter",
                "A dead letter with its full event: `event`, or `eventBase64` if it is not UTF-8.")
            .Produces<DeadLetterDetail>().Problems(s_notFound);
        group.MapGet("/{id:long}/repair", Repair)
            .Describe("previewDeadLetterRepair", "Preview a repair", "Shows what a repair would change, without making the change.")
            .Produces<DeadLetterRepair>().Problems(s_notFound);
        group.MapPost("/replay", ReplayAsync)
            .Describe("replayDeadLetters", "Replay dead letters", """
                Repairs dead letters and ingests their events under the rules of the key they were sent with, as of the time they were received.
                Dead letters that were replayed or dropped are skipped, so a replay can be repeated safely.
                """)
            .WithMetadata(new AuditedChange("dead_letter.replay"))
            .Accepts<DeadLetterSelectionBody>("application/json").Produces<DeadLetterReplayResponse>().Problems([.. s_selection, s_unwritable, s_overloaded]);
        group.MapPost("/drop", DropAsync)
            .Describe("dropDeadLetters", "Drop dead letters", "Marks dead letters so that replays skip them.")
            .WithMetadata(new AuditedChange("dead_letter.drop"))
            .Accepts<DeadLetterSelectionBody>("application/json").Problems([.. s_selection, s_unwritable]);
        group.MapDelete("/{id:long}", Delete)
            .Describe("dropDeadLetter", "Drop a dead letter", "Marks a dead letter so that replays skip it.")
            .WithMetadata(new AuditedChange("dead_letter.drop", "id")).Problems(s_notFound, s_unwritable);
    }

    static JsonResult List(HttpContext context, Caller caller, RequestQuery query, DeadLetterStore letters)
    {
        _ = DeadLetterJson.TryParseState(query.Of(s_state)!, out var state);
        var code = query.Of(s_code);
        var limit = query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize);
        var page = letters.Read(Cursors.Read(query.Of(QueryParameters.Cursor)), caller.Store.Id)
            .Where(l => l.Store == caller.Store.Id && (code is null || l.Code == code) && (state is null || l.Mark.State == state))
            .Take(limit + 1).ToList();
        var next = SealedCursor.Seal(context, page.Count > limit ? page[limit - 1].Id.ToString(CultureInfo.InvariantCulture) : null);
        return new JsonResult(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("items"u8);
            foreach (var letter in page.Take(limit))
            {
                DeadLetterJson.Write(writer, letter, whole: false);
            }

            writer.WriteEndArray();
            writer.WriteString("next"u8, next);
            writer.WriteEndObject();
        });
    }

    static JsonResult Get([Description("The dead letter's number.")] long id, Caller caller, DeadLetterStore letters)
    {
        var letter = Find(letters, caller.Store, id);
        return new JsonResult(writer => DeadLetterJson.Write(writer, letter, whole: true));
    }

    static JsonResult Repair([Description("The dead letter's number.")] long id, Caller caller, DeadLetterStore letters, DeadLetterReplay replay)
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

        AuditDetail.Add(context, "letters", outcomes.Count);
        var found = outcomes.Select(o => o.Id).ToHashSet();
        outcomes.AddRange((selection.Ids ?? new HashSet<long>()).Where(id => !found.Contains(id)).Order()
            .Select(id => new ReplayOutcome(id, ReplayOutcome.NotFound)));
        return new JsonResult(writer => DeadLetterJson.Write(writer, outcomes));
    }

    static async Task<Ok<DroppedLetters>> DropAsync(HttpContext context, Caller caller, DeadLetterStore letters)
    {
        var selection = await ReadAsync(context);
        var ids = selection.From(letters, caller.Store.Id).Where(l => l.Mark.State != DeadLetterState.Dropped).Select(l => l.Id).ToArray();
        AuditDetail.Add(context, "letters", ids.Length);
        Drop(letters, ids);
        return TypedResults.Ok(new DroppedLetters(ids.Length));
    }

    static NoContent Delete([Description("The dead letter's number.")] long id, Caller caller, DeadLetterStore letters)
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
