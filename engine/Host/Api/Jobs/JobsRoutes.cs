using System.ComponentModel;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Jobs;

/// <summary>Routes of <c>/v1/jobs</c>: the scheduled jobs of the engine.</summary>
static class JobsRoutes
{
    static readonly HttpProblem s_invalid = new(400, "invalid_job", "The body is not a change of a job.");
    static readonly HttpProblem s_notFound = new(404, "job_not_found", "There is no such job. GET /v1/jobs lists them.");
    static readonly HttpProblem s_noRun = new(404, "job_run_not_found", "The job has no such run, or the run was deleted by age.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/jobs").WithTags(ApiTags.Jobs).RequireAuthorization(AccessPolicies.User);
        var (reads, writes) = (new RequiredPermission(Permission.JobsRead), new RequiredPermission(Permission.JobsWrite));
        group.MapGet("", ListAsync).WithMetadata(reads)
            .Describe("listJobs", "List jobs", "The engine's scheduled jobs, with the next and the last run of each.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(ControlProblems.Unavailable);
        group.MapGet("/{name}", GetAsync).WithMetadata(reads)
            .Describe("getJob", "Get a job", "A job with its settings, its next and its last run.").Problems(s_notFound, ControlProblems.Unavailable);
        group.MapPatch("/{name}", ChangeAsync).WithMetadata(writes)
            .Describe("changeJob", "Change a job", "Overrides settings of the configuration until they are reset.")
            .Produces<JobItem>().Problems(ApiProblems.InvalidJson, s_invalid, s_notFound, ControlProblems.JobEssential, ControlProblems.Unavailable);
        group.MapPost("/{name}/run", RunAsync).WithMetadata(writes)
            .Describe("runJob", "Run a job now", "An engine starts the run within two seconds, also if the job is paused. The schedule does not change.")
            .Produces<JobStarted>(StatusCodes.Status202Accepted).Problems(s_notFound, ControlProblems.JobRunning, ControlProblems.Unavailable);
        group.MapPost("/{name}/pause", (HttpContext context, [Description("The job.")] string name, JobScheduler jobs) => PauseAsync(context, name, true, jobs)).WithMetadata(writes)
            .Describe("pauseJob", "Pause a job", "The job runs on request only until it is resumed. A running run continues.")
            .Produces<JobItem>().Problems(s_notFound, ControlProblems.JobEssential, ControlProblems.Unavailable);
        group.MapPost("/{name}/resume", (HttpContext context, [Description("The job.")] string name, JobScheduler jobs) => PauseAsync(context, name, false, jobs)).WithMetadata(writes)
            .Describe("resumeJob", "Resume a job", "The job runs at its next scheduled time. Runs that were due during the pause are skipped.")
            .Produces<JobItem>().Problems(s_notFound, ControlProblems.Unavailable);
        group.MapPost("/{name}/cancel", CancelAsync).WithMetadata(writes)
            .Describe("cancelJob", "Cancel runs of a job", "Cancels the running run and the pending ones. The job runs again at its next scheduled time.")
            .Produces<JobCancelled>().Problems(s_notFound, ControlProblems.Unavailable);
        group.MapGet("/{name}/runs", RunsAsync).WithMetadata(reads)
            .Describe("listJobRuns", "List runs of a job", "The newest first; the last 300 are kept.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(s_notFound, ControlProblems.Unavailable);
        group.MapGet("/{name}/runs/{id:long}", GetRunAsync).WithMetadata(reads)
            .Describe("getJobRun", "Get a run of a job", "A run with its steps, its report and its log.").Problems(s_noRun, ControlProblems.Unavailable);
    }

    static async Task<Ok<ItemPage<JobItem>>> ListAsync(HttpContext context, RequestQuery query, JobScheduler jobs) =>
        TypedResults.Ok(Cursors.Page(context, query, [.. (await jobs.Control.ListAsync(context.RequestAborted)).Select(job => JobItem.Of(job, jobs))]));

    static async Task<Ok<JobItem>> GetAsync(HttpContext context, [Description("The job.")] string name, JobScheduler jobs) =>
        TypedResults.Ok(JobItem.Of(await FindAsync(context, name, jobs), jobs));

    static async Task<Ok<JobItem>> ChangeAsync(HttpContext context, [Description("The job.")] string name, JobChange body, JobScheduler jobs)
    {
        var (change, problem) = JobRequest.Read(body);
        return problem is not null ? throw new ProblemException(s_invalid with { Detail = $"{problem}." })
            : TypedResults.Ok(await SetAsync(context, name, "job.change", change!, jobs));
    }

    static async Task<Ok<JobItem>> PauseAsync(HttpContext context, string name, bool isPaused, JobScheduler jobs) =>
        TypedResults.Ok(await SetAsync(context, name, isPaused ? "job.pause" : "job.resume", own => own with { Paused = isPaused }, jobs));

    static async Task<Accepted<JobStarted>> RunAsync(HttpContext context, [Description("The job.")] string name, JobScheduler jobs)
    {
        var job = await FindAsync(context, name, jobs);
        return TypedResults.Accepted((string?)null, new JobStarted(
            await jobs.Control.StartAsync(job, UserIdentity.Of(context).ActorName, UserIdentity.AddressOf(context), context.RequestAborted)));
    }

    static async Task<Ok<JobCancelled>> CancelAsync(HttpContext context, [Description("The job.")] string name, JobScheduler jobs)
    {
        var job = await FindAsync(context, name, jobs);
        return TypedResults.Ok(new JobCancelled(
            await jobs.Control.CancelAsync(job, UserIdentity.Of(context).ActorName, UserIdentity.AddressOf(context), context.RequestAborted)));
    }

    static async Task<Ok<ItemPage<JobRunItem>>> RunsAsync(HttpContext context, [Description("The job.")] string name, RequestQuery query, JobScheduler jobs)
    {
        var (cursor, limit) = (Cursors.Read(query.Of(QueryParameters.Cursor)), query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize));
        var runs = await jobs.Control.RunsAsync(await FindAsync(context, name, jobs), cursor == 0 ? long.MaxValue : cursor, limit + 1, context.RequestAborted);
        var next = runs.Count > limit ? runs[limit - 1].Id.ToString(System.Globalization.CultureInfo.InvariantCulture) : null;
        return TypedResults.Ok(new ItemPage<JobRunItem>([.. runs.Take(limit).Select(run => JobRunItem.Of(run, whole: false))], SealedCursor.Seal(context, next)));
    }

    static async Task<Ok<JobRunItem>> GetRunAsync(
        HttpContext context, [Description("The job.")] string name, [Description("The run's number.")] long id, JobScheduler jobs) =>
        TypedResults.Ok(JobRunItem.Of(await jobs.Control.RunAsync(name, id, context.RequestAborted) ?? throw new ProblemException(s_noRun), whole: true));

    static async Task<JobItem> SetAsync(HttpContext context, string name, string action, Func<JobOverrides, JobOverrides> change, JobScheduler jobs)
    {
        var job = await FindAsync(context, name, jobs);
        await jobs.Control.ChangeAsync(job, action, change, UserIdentity.Of(context).ActorName, UserIdentity.AddressOf(context), context.RequestAborted);
        return JobItem.Of(await FindAsync(context, name, jobs), jobs);
    }

    static async Task<JobState> FindAsync(HttpContext context, string name, JobScheduler jobs) =>
        await jobs.Control.FindAsync(name, context.RequestAborted) ?? throw new ProblemException(s_notFound);
}
