/**
 * The ResourceManager's page of the application, "" unless the page came
 * through its proxy, which lies at /proxy/<application> beside /cluster.
 */
export function applicationPage(): string {
  const match = /^(.*)\/proxy\/(application_\d+_\d+)(\/|$)/.exec(new URL(document.baseURI).pathname);
  return match ? `${match[1]}/cluster/app/${match[2]}` : "";
}
