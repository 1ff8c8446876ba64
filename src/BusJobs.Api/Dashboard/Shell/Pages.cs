using BusJobs.Api.Access;
using BusJobs.Api.Dashboard.Pages;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BusJobs.Api.Dashboard.Shell;

/// <summary>Marks an endpoint whose caller is a person with a browser, so that a refusal is a page, too.</summary>
internal sealed record PageMark;

/// <summary>Pages are Razor components, rendered to their end on the server and sent as one text. A host may bring some of its own: see <see cref="DashboardPlace"/>.</summary>
public static class Pages
{
    extension<TBuilder>(TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder
    {
        /// <summary>Opens the endpoint to people with the scope; others are told on a page, or asked to sign in.</summary>
        /// <param name="allTenants">Whether it concerns every tenant, so that a key which is bound to one may not.</param>
        public TBuilder AsPage(ApiScopes scope, bool allTenants = false) => endpoint.Needs(scope, allTenants).AsOpenPage();

        /// <summary>
        /// Opens the endpoint to forms of people with the scope, each sent by a page of their own session (<see cref="Parts.PostForm"/>); any other has changed nothing
        /// when it is refused. It answers with a <see cref="Deed"/>, or with a page that says why nothing was done.
        /// </summary>
        /// <param name="allTenants">Whether it concerns every tenant, so that a key which is bound to one may not.</param>
        /// <param name="maxBytes">How large the form may be. Default: 16 KiB.</param>
        public TBuilder AsDeed(ApiScopes scope, bool allTenants = false, int maxBytes = Body.SmallBytes) => endpoint.AsPage(scope, allTenants).AddEndpointFilter(async (call, next) =>
        {
            var http = call.HttpContext;
            await http.RequestServices.GetRequiredService<FormGuard>().ReadAsync(http, maxBytes, http.RequestAborted);
            return await next(call);
        });

        /// <summary>For pages that everybody may see; they still say so themselves.</summary>
        internal TBuilder AsOpenPage() => endpoint.WithMetadata(new PageMark(), new ExcludeFromDescriptionAttribute());
    }

    extension(HttpContext http)
    {
        /// <summary>The page, with its model in the parameter <c>Model</c>, and what is around it in <c>Frame</c>.</summary>
        public Task<IResult> PageAsync<TPage>(object model, int status = StatusCodes.Status200OK)
            where TPage : IComponent =>
            RenderAsync<TPage>(http, new() { ["Frame"] = http.FrameOf(), ["Model"] = model }, status);

        /// <summary>A page that says in a sentence why there is no other.</summary>
        public Task<IResult> RefusedPageAsync(int status, string sentence) => RenderAsync<RefusedPage>(
            http, new() { ["Frame"] = http.FrameOf(), ["Title"] = ReasonPhrases.GetReasonPhrase(status), ["Sentence"] = sentence }, status);

        internal bool IsPage => (http.Features.Get<Microsoft.AspNetCore.Diagnostics.IExceptionHandlerFeature>()?.Endpoint ?? http.GetEndpoint())
            ?.Metadata.GetMetadata<PageMark>() is not null;

        private Frame FrameOf() => new(
            Visitor.Of(http, http.RequestServices.GetRequiredService<FormGuard>()), http.Request.Path.Value ?? "/", http.TakeSaid());
    }

    private static async Task<IResult> RenderAsync<TPage>(HttpContext http, Dictionary<string, object?> parameters, int status)
        where TPage : IComponent
    {
        await using var renderer = new HtmlRenderer(http.RequestServices, http.RequestServices.GetRequiredService<ILoggerFactory>());
        var text = await renderer.Dispatcher.InvokeAsync(async () =>
            (await renderer.RenderComponentAsync<TPage>(ParameterView.FromDictionary(parameters))).ToHtmlString());
        return TypedResults.Text("<!doctype html>\n" + text, "text/html; charset=utf-8", statusCode: status);
    }
}
