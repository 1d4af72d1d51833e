using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Responses;

/// <summary>A JSON body that is written by hand, of a type that its route declares.</summary>
/// <param name="write">Writes it.</param>
sealed class JsonResult(Action<Utf8JsonWriter> write) : IResult
{
    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext context) => Answer.JsonAsync(context, StatusCodes.Status200OK, write);
}
